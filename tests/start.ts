// Starts the product with `npm start`, once for all end-to-end tests: an empty state folder, the made-up world of one
// day, the first training. Afterwards it sends Ctrl-C and fails if processes are left behind.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { findFreePort } from '../scripts/local/local-server.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { findProcesses } from './processes.ts';
import { WORLD_DATE } from './world-date.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    url: string;
    adminKey: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-'));
  const port = await findFreePort();
  const flags = ['--no-open', '--port', String(port), '--state', state, '--world-date', WORLD_DATE];
  const child = spawn('npm', ['start', '--', ...flags], {
    cwd: PROJECT_DIR,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  let output = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk;
      const ready = /^ready (http[^\s#]+)\/#key=/m.exec(output);
      if (ready !== null) resolve(ready[1]!);
    });
    exited.then((code) => reject(new Error(`npm start ended with ${code}:\n${output}`)));
  });
  project.provide('url', url);
  project.provide('adminKey', /^ADMIN_KEY=(.+)$/m.exec(readFileSync(path.join(PROJECT_DIR, '.dev.vars'), 'utf8'))![1]!);

  return async () => {
    // A terminal sends Ctrl-C to the whole foreground process group.
    process.kill(-child.pid!, 'SIGINT');
    await exited;
    const left = findProcesses(state);
    rmSync(state, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`npm start left processes behind:\n${left.join('\n')}`);
  };
}
