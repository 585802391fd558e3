// The package as npm would take it, from what `npm run build` made.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { CLIENT_BYTES_MAX, measureClient } from '../scripts/abuse/client-size.ts';

const run = promisify(execFile);
const FOLDER = import.meta.dirname;

it('is at most 6 kB gzipped, and depends on nothing', async () => {
  const bundle = readFileSync(path.join(FOLDER, 'dist/index.js'));
  const bytes = gzipSync(bundle, { level: 9 }).length;
  expect(bytes).toBeLessThanOrEqual(CLIENT_BYTES_MAX);
  // `npm run abuse` reports what the build makes.
  expect(await measureClient()).toBe(bytes);
  expect(bundle.toString()).not.toMatch(/\bimport\b\s*[("'{*]|\brequire\(/);
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(path.join(FOLDER, 'package.json'), 'utf8'));
  expect([dependencies, peerDependencies]).toEqual([undefined, undefined]);
});

it('is packed without its sources and tests', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: FOLDER });
  const [{ files }] = JSON.parse(stdout) as [{ files: { path: string }[] }];
  const paths = files.map((file) => file.path);
  const required = ['LICENSE', 'README.md', 'dist/index.d.ts', 'dist/index.js', 'dist/node.d.ts', 'dist/node.js'];
  expect(paths).toEqual(expect.arrayContaining([...required, 'package.json']));
  expect(paths.filter((file) => !/^(LICENSE|README\.md|package\.json|dist\/[\w-]+\.(js|d\.ts))$/.test(file))).toEqual(
    [],
  );
});

const GAME = `import { createClient, Problem, type Gallery } from 'bloodstream-client';
import { openFileStore } from 'bloodstream-client/node';
const client = createClient({ url: '', userId: 'ann', getToken: () => 'token', store: openFileStore('events.json') });
client.recordEvent({ type: 'click', itemId: 'wynmere' });
const gallery: Gallery = await client.getGallery({ n: 3 }).catch((error: Problem) => { throw error.retryAfterMs; });
// @ts-expect-error: no such event.
client.recordEvent({ type: 'stare', itemId: gallery.rows[0]!.id });
`;

it('has types that a strict game compiles with, and runs in Node', async () => {
  const game = mkdtempSync(path.join(os.tmpdir(), 'game-'));
  try {
    mkdirSync(path.join(game, 'node_modules'));
    symlinkSync(FOLDER, path.join(game, 'node_modules/bloodstream-client'));
    writeFileSync(path.join(game, 'package.json'), '{"type":"module"}');
    writeFileSync(path.join(game, 'game.ts'), GAME);
    const options = '--strict --noEmit --target es2022 --module nodenext --lib es2022,dom';
    // The compiler of most games, not this project's own.
    const tsc = path.join(FOLDER, '../tests/openapi/node_modules/typescript/lib/tsc.js');
    const compiling = run(process.execPath, [tsc, ...options.split(' '), 'game.ts'], { cwd: game });
    await compiling.catch(({ stdout }) => expect(stdout).toBe(''));
    const check = 'console.log(Object.keys(await import("bloodstream-client")).join())';
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', check], { cwd: game });
    expect(stdout).toContain('createClient');
  } finally {
    rmSync(game, { recursive: true });
  }
});
