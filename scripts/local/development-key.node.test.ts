import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { getPlatformProxy } from 'wrangler';
import { ensureTokenKey } from './development-key.ts';
import { PROJECT_DIR } from './project.ts';

test('the Worker reads the signing key as it was made, and it is made once', async () => {
  const reports: string[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), 'development-key-'));
  try {
    ensureTokenKey(console.log);
    ensureTokenKey((message) => reports.push(message));
    expect(reports).toEqual([]);
    // wrangler reads the real file.
    writeFileSync(path.join(folder, '.dev.vars'), readFileSync(path.join(PROJECT_DIR, '.dev.vars')));
    writeFileSync(path.join(folder, 'wrangler.json'), '{ "name": "keys", "compatibility_date": "2026-11-01" }');
    const { env, dispose } = await getPlatformProxy<{ TOKEN_KEY_0: string }>({
      configPath: path.join(folder, 'wrangler.json'),
      persist: false,
    });
    await dispose();
    expect(JSON.parse(env.TOKEN_KEY_0)).toMatchObject({ kty: 'OKP', crv: 'Ed25519', nbf: 0, d: expect.any(String) });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
