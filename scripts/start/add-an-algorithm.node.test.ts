// Follows docs/guides/add-an-algorithm.md in a copy of this project: its code, its commands, and their answers.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyProject } from '../../tests/copy-project.ts';
import { aimAtWorker, checkOutput } from '../../tests/guide.ts';
import { killProcesses, runNpm } from '../../tests/npm-run.ts';
import { type Block, readBlocks, readGuide } from '../abuse/guide-blocks.ts';
import { findFreePort } from '../local/local-server.ts';

test('an algorithm goes from an empty file to every player as the guide says', { timeout: 600_000 }, async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'algorithm-'));
  onTestFinished(() => {
    killProcesses(folder);
    rmSync(folder, { recursive: true, force: true });
  });
  const project = path.join(folder, 'project');
  copyProject(project);
  const port = await findFreePort();
  const url = `http://localhost:${port}`;
  const server = runNpm(folder, ['start', '--', '--no-open', '--port', String(port)], project);
  await server.waitForText('ready http');

  // The reader has no key in the environment: the commands find the one that `npm start` made in the copy.
  const { ADMIN_KEY: _, ...inherited } = process.env;
  const env = { ...inherited, MARKER: folder };
  const variables = path.join(folder, 'variables');
  writeFileSync(variables, '');
  const blocks = readBlocks(readGuide('guides/add-an-algorithm.md'));
  const run = ({ text, line }: Block): string => {
    // The variables of a block stay for the next.
    const keep = `echo "VERSION=\${VERSION:-}" > ${variables}`;
    const script = `set -euo pipefail; . ${variables}; ${aimAtWorker(text, url)}\n${keep}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { cwd: project, env, encoding: 'utf8' });
    expect(status, `line ${line}: ${stdout}${stderr}`).toBe(0);
    return stdout;
  };
  for (const [n, block] of blocks.entries()) {
    if (block.kind !== 'elsewhere') continue;
    if (block.language === 'ts') {
      writeFileSync(path.join(project, block.text.split('\n', 1)[0]!.slice('// '.length)), block.text);
      continue;
    }
    const output = run(block);
    const answer = blocks[n + 1]?.kind === 'answer' ? blocks[n + 1] : undefined;
    expect(checkOutput(block, output, answer)).toEqual([]);
  }
});
