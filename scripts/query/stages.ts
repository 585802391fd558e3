// Runs the CTEs of a query one after another, each into a table on disk, so that memory holds the work of only one of
// them at a time. In one statement, DuckDB keeps the results and hash tables of several at once, which may not fit.

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

/** Splits a query at its CTEs. If it has none, or has them in another layout, `final` is the whole SQL. */
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
 * Runs each stage into a table of a new database file. Returns the remaining SQL, to be run on the same connection,
 * whose search path begins with these tables.
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
  // The order of rows does not matter in a stage, and keeping it takes memory.
  await connection.run('set preserve_insertion_order = false');
  for (const { name, sql: select } of stages) {
    onStage(name);
    await connection.run(`create table stages.main.${quoteName(name)} as ${select}`);
  }
  await connection.run('set preserve_insertion_order = true');
  return final;
}
