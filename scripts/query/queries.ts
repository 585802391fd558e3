// The SQL files of queries/: their names, what they answer and their charts. They are run elsewhere.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_DIR } from '../local/project.ts';

const FOLDER = path.join(PROJECT_DIR, 'queries');

export interface Query {
  name: string;
  /** Its first line. */
  summary: string;
  sql: string;
  /** Columns of a bar chart: labels, values. */
  chart: { label: string; value: string } | undefined;
}

export const listQueries = (): Query[] =>
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => parseQuery(name.slice(0, -'.sql'.length), readFileSync(path.join(FOLDER, name), 'utf8')));

export function parseQuery(name: string, sql: string): Query {
  const [, summary = ''] = /^-- (.*)/.exec(sql) ?? [];
  const chart = /^-- chart: (\w+) (\w+)$/m.exec(sql);
  return { name, summary, sql, chart: chart === null ? undefined : { label: chart[1]!, value: chart[2]! } };
}
