import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

const importOf = (file: string) => JSON.stringify(path.join(import.meta.dirname, file));

/** Fails three times while other reads go on. */
const PROGRAM = `
  import { withPlatform } from ${importOf('platform.ts')};
  const state = import.meta.dirname;
  await withPlatform(state, async ({ BUCKET }) => void (await BUCKET.put('file', 'text')));
  for (let time = 0; time < 3; time++) {
    const failed = withPlatform(state, async ({ BUCKET }) => {
      const read = async () => {
        for (;;) await (await BUCKET.get('file')).text();
      };
      for (let n = 0; n < 4; n++) read().catch(() => {});
      await (await BUCKET.get('file')).text();
      throw new Error('damaged');
    });
    await failed.catch(({ message }) => console.log(message));
  }`;

test('a command that fails while it reads other files from R2 ends', () => {
  const state = mkdtempSync(path.join(os.tmpdir(), 'closable-'));
  onTestFinished(() => rmSync(state, { recursive: true }));
  const program = path.join(state, 'program.mjs');
  writeFileSync(program, PROGRAM);
  // A process of its own: one that miniflare blocks can only be killed.
  const { stdout, stderr, signal } = spawnSync(process.execPath, [program], {
    encoding: 'utf8',
    timeout: 120_000,
    killSignal: 'SIGKILL',
  });
  expect({ stdout, signal }, stderr).toEqual({ stdout: 'damaged\n'.repeat(3), signal: null });
});
