// Runs the CTEs of a query one after the other, each into a table on disk, so that memory holds the work of one of them
// at a time. In one statement DuckDB keeps the results and hash tables of several together, and they may not fit.

import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteName, quoteText } from '../duckdb/open.ts';

interface Stage {
  name: string;
  sql: string;
}

const COMMENTS = /(?:\s*--.*\n)*\s*/.source;
/** A CTE in the layout of queries/: its first line and its closing bracket are not indented, but its content is. */
const STAGE = new RegExp(`${COMMENTS}(?:with )?(\\w+) as \\(\\n((?: .*\\n|--.*\\n|\\n)*)\\),?\\n`, 'y');
const SELECT = new RegExp(`${COMMENTS}select\\b`, 'y');

/** Without stages, `final` is the whole SQL: if it has no CTEs, or has them in another layout. */
export function splitStages(sql: string): { stages: Stage[]; final: string } {
  const stages: Stage[] = [];
  let end = 0;
  STAGE.lastIndex = 0;
  for (let match = STAGE.exec(sql); match !== null; match = STAGE.exec(sql)) {
    stages.push({ name: match[1]!, sql: match[2]! });
    end = STAGE.lastIndex;
  }
  SELECT.lastIndex = end;
  return SELECT.test(sql) ? { stages, final: sql.slice(end) } : { stages: [], final: sql };
}

/**
 * Creates the tables of the stages in a new database file. Returns the SQL that remains, for the same connection: its
 * search path begins with these tables.
 */
export async function runStages(
  connection: DuckDBConnection,
  sql: string,
  file: string,
  onStage: (name: string) => void = () => {},
): Promise<string> {
  const { stages, final } = splitStages(sql);
  await connection.run(`attach ${quoteText(file)} as stages`);
  const [[searchPath]] = (await connection.runAndReadAll("select current_setting('search_path')")).getRows() as [
    [string],
  ];
  await connection.run(`set search_path = ${quoteText(`stages.main,${searchPath}`)}`);
  // The rows of a stage have no order; keeping one takes memory.
  await connection.run('set preserve_insertion_order = false');
  for (const { name, sql: select } of stages) {
    onStage(name);
    await connection.run(`create table stages.main.${quoteName(name)} as ${select}`);
  }
  await connection.run('set preserve_insertion_order = true');
  return final;
}
