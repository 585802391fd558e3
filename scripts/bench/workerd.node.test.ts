import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

test('a command that starts workerd prints its JSON alone on stdout', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-workerd-'));
  const assets = path.join(folder, 'assets');
  const main = path.join(folder, 'worker.js');
  mkdirSync(assets);
  // wrangler prints on stdout that it has read the rule.
  writeFileSync(path.join(assets, '_headers'), '/*\n  x-rule: yes\n');
  writeFileSync(main, "export default { fetch: () => new Response('an answer') };");
  const config = { name: 'noisy', main, assets: { directory: assets }, compatibility_date: '2026-11-01' };
  const load = (file: string) => JSON.stringify(path.join(import.meta.dirname, file));
  const command = `
    import { reserveStdout } from ${load('../terminal/json-output.ts')};
    import { startWorkerd } from ${load('workerd.ts')};
    const printJson = reserveStdout();
    const { url, close } = await startWorkerd({ config: ${JSON.stringify(config)} });
    const answer = await (await fetch(url)).text();
    await close();
    printJson({ answer });
    process.exit(0);`;
  try {
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', command], {
      encoding: 'utf8',
    });
    expect(stderr).toContain('header rule');
    expect(JSON.parse(stdout)).toEqual({ answer: 'an answer' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
