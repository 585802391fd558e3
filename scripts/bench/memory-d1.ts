// A D1 database in this process: the migrations over Node's own SQLite, so that a benchmark can measure processor time,
// which other load on the machine does not change. It has only what the statistics job calls.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { PROJECT_DIR } from '../local/project.ts';

export function openMemoryD1(): D1Database {
  const sqlite = new DatabaseSync(':memory:');
  const folder = path.join(PROJECT_DIR, 'migrations');
  for (const name of readdirSync(folder).sort())
    if (name.endsWith('.sql')) sqlite.exec(readFileSync(path.join(folder, name), 'utf8'));
  const prepare = (sql: string, values: readonly SQLInputValue[] = []): D1PreparedStatement => {
    const all = () => {
      const statement = sqlite.prepare(sql);
      statement.setAllowUnknownNamedParameters(true);
      return statement.all(Object.fromEntries(values.map((value, index) => [`?${index + 1}`, value])));
    };
    return {
      bind: (...bound: SQLInputValue[]) => prepare(sql, bound),
      all: async () => ({ results: all() }),
      run: async () => ({ results: all() }),
      first: async (column?: string) => {
        const row = all()[0];
        return column === undefined ? (row ?? null) : (row?.[column] ?? null);
      },
    } as unknown as D1PreparedStatement;
  };
  const batch = async (statements: D1PreparedStatement[]) => {
    sqlite.exec('begin');
    const results: unknown[] = [];
    for (const statement of statements) results.push(await statement.all());
    sqlite.exec('commit');
    return results;
  };
  return { prepare, batch } as unknown as D1Database;
}
