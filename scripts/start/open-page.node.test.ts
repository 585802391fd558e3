import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { openPage } from './open-page.ts';

const ADDRESS = 'http://localhost:8787/#key=secret';

/** Puts a program in place of the one that opens the browser. Returns the file that will contain its arguments. */
function replaceOpener(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'open-page-'));
  const written = path.join(folder, 'arguments');
  for (const name of ['xdg-open', 'open']) {
    // Renamed, so that the test does not read half of it.
    writeFileSync(
      path.join(folder, name),
      `#!/bin/sh\necho "$@" > '${written}.part'\nmv '${written}.part' '${written}'\n`,
    );
    chmodSync(path.join(folder, name), 0o755);
  }
  vi.stubEnv('PATH', `${folder}${path.delimiter}${process.env.PATH}`);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  return written;
}

test.skipIf(process.platform === 'win32')('the key is not among the arguments, and can be fetched once', async () => {
  const written = replaceOpener();
  await openPage(ADDRESS);
  await expect.poll(() => existsSync(written)).toBe(true);
  const url = readFileSync(written, 'utf8').trim();
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\S+$/);
  expect(url).not.toContain('secret');

  const guessed = await fetch(new URL('/', url), { redirect: 'manual' });
  expect(guessed.status).toBe(404);
  // Some programs ask for the type before they open a browser.
  expect((await fetch(url, { method: 'HEAD', redirect: 'manual' })).status).toBe(404);
  const first = await fetch(url, { redirect: 'manual' });
  expect([first.status, first.headers.get('location')]).toEqual([302, ADDRESS]);
  await expect(fetch(url, { redirect: 'manual' })).rejects.toThrow('fetch failed');
});

test('no desktop is no error', async () => {
  vi.stubEnv('PATH', '');
  onTestFinished(() => void vi.unstubAllEnvs());
  await openPage(ADDRESS);
});
