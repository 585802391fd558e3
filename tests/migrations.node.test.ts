// The migrations match the schemas: generating again adds nothing.

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { PROJECT_DIR } from '../scripts/local/project.ts';

it.each([
  ['workers/storage/schema.ts', 'migrations', []],
  ['workers/nearline/schema.ts', 'workers/nearline/migrations', ['--driver', 'durable-sqlite']],
])('%s matches %s', (schema, folder, more) => {
  // Inside the project, because drizzle-kit accepts no other path.
  const copy = mkdtempSync(path.join(PROJECT_DIR, 'node_modules/.migrations-'));
  try {
    cpSync(path.join(PROJECT_DIR, folder), copy, { recursive: true });
    const before = readdirSync(copy);
    execFileSync(
      process.execPath,
      [
        path.join(PROJECT_DIR, 'node_modules/drizzle-kit/bin.cjs'),
        'generate',
        ...['--dialect', 'sqlite', '--schema', `./${schema}`, '--out', `./${path.relative(PROJECT_DIR, copy)}`],
        ...more,
      ],
      { cwd: PROJECT_DIR, stdio: 'pipe' },
    );
    expect(readdirSync(copy)).toEqual(before);
    expect(before.filter((name) => name.endsWith('.sql')).length).toBeGreaterThan(0);
  } finally {
    rmSync(copy, { recursive: true });
  }
});
