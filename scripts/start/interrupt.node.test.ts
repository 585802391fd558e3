import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { findProcesses } from '../../tests/processes.ts';
import { findFreePort } from '../local/local-server.ts';
import { PROJECT_DIR } from '../local/project.ts';

/** Runs `npm start` in its own process group, as a terminal does. Every descendant inherits MARKER. */
async function startNpm(state: string, args: readonly string[]) {
  const port = String(await findFreePort());
  const child = spawn('npm', ['start', '--', '--no-open', '--port', port, '--state', state, ...args], {
    cwd: PROJECT_DIR,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, MARKER: state },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk;
    });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return { pid: child.pid!, exited, readOutput: () => output };
}

/** `text`: printed before `afterMs` begin. `alone`: the signal reaches npm and not its process group. */
interface Interrupt {
  text?: string;
  afterMs: number;
  world?: boolean;
  alone?: boolean;
}

test.each<Interrupt>([
  { afterMs: 200 },
  { afterMs: 1_000 },
  { afterMs: 3_000 },
  { text: 'Making a store', afterMs: 500, world: true },
  { text: 'Starting the Worker', afterMs: 100 },
  { text: 'Starting the Worker', afterMs: 1_000, alone: true },
])(
  'a signal ends every process of npm start: %j',
  async ({ text, afterMs, world, alone }) => {
    const state = mkdtempSync(path.join(os.tmpdir(), 'interrupt-'));
    const file = path.join(state, 'sequences.txt');
    writeFileSync(file, 'anna g1\nanna g2\nbert g1\n');
    try {
      const npm = await startNpm(state, world ? [] : ['--import', `sequences:${file}`]);
      if (text !== undefined) await expect.poll(npm.readOutput, { timeout: 90_000, interval: 50 }).toContain(text);
      await sleep(afterMs);
      expect(findProcesses(state).length).toBeGreaterThan(0);
      if (alone) process.kill(npm.pid, 'SIGTERM');
      else process.kill(-npm.pid, 'SIGINT');
      await npm.exited;
      await expect.poll(() => findProcesses(state), { timeout: 15_000 }).toEqual([]);
    } finally {
      for (const line of findProcesses(state)) process.kill(Number.parseInt(line, 10), 'SIGKILL');
      rmSync(state, { recursive: true, force: true });
    }
  },
  120_000,
);
