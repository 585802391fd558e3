import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { importSequences, writeSequences } from '../../tests/imported-state.ts';
import { killProcesses, runNpm } from '../../tests/npm-run.ts';
import { findProcesses } from '../../tests/processes.ts';
import { findFreePort } from '../local/local-server.ts';

/**
 * Ten seconds for a shutdown in order on a busy machine. Not the minute that other tests wait: by then a process that
 * was forgotten may have ended by itself.
 */
const SHUTDOWN_TIMEOUT_MS = 15_000;

const createFolder = () => mkdtempSync(path.join(os.tmpdir(), 'interrupt-'));

let imported: string;
beforeAll(async () => {
  imported = createFolder();
  await importSequences(imported);
}, 240_000);
afterAll(() => rmSync(imported, { recursive: true }));

/** Creates an empty state folder. Processes that still use it after the test are killed. */
function createState(): string {
  const state = createFolder();
  onTestFinished(() => {
    killProcesses(state);
    rmSync(state, { recursive: true, force: true });
  });
  return state;
}

async function startNpm(state: string, args: readonly string[]) {
  const port = String(await findFreePort());
  return { port, ...runNpm(state, ['start', '--', '--no-open', '--port', port, '--state', state, ...args]) };
}

const expectNothingLeft = (state: string, timeoutMs: number) =>
  expect.poll(() => findProcesses(state), { timeout: timeoutMs }).toEqual([]);

/** The process that runs a script of this project itself, not npm or a shell. */
const findScript = (state: string, script: string): number =>
  Number.parseInt(findProcesses(state).find((line) => new RegExp(`^\\d+ \\S*node scripts/${script}`).test(line))!, 10);

/** Source of the store's data. `imported`: the store has it before the start, which goes on to the Worker at once. */
type Source = 'importing' | 'imported' | 'world';

/** Returns the state folder, and the flags with which a start takes the data from the source. */
function prepareSource(source: Source): { state: string; flags: string[] } {
  const state = createState();
  if (source === 'imported') cpSync(imported, state, { recursive: true });
  return { state, flags: source === 'importing' ? ['--import', `sequences:${writeSequences(state)}`] : [] };
}

/** `text`: printed before `afterMs` begin. `alone`: the signal reaches npm and not its process group. */
interface Interrupt {
  text?: string;
  afterMs: number;
  source: Source;
  alone?: boolean;
}

test.each<Interrupt>([
  { source: 'importing', afterMs: 200 },
  { source: 'importing', afterMs: 1_000 },
  { source: 'importing', afterMs: 3_000 },
  { source: 'world', text: 'Making a store', afterMs: 500 },
  { source: 'imported', text: 'Starting the Worker', afterMs: 100 },
  { source: 'imported', text: 'Starting the Worker', afterMs: 1_000, alone: true },
])(
  'a signal ends every process of npm start: %j',
  async ({ source, text, afterMs, alone }) => {
    const { state, flags } = prepareSource(source);
    const npm = await startNpm(state, flags);
    if (text !== undefined) await npm.waitForText(text);
    await sleep(afterMs);
    expect(findProcesses(state).length).toBeGreaterThan(0);
    if (alone) process.kill(npm.pid, 'SIGTERM');
    else process.kill(-npm.pid, 'SIGINT');
    await npm.exited;
    await expectNothingLeft(state, SHUTDOWN_TIMEOUT_MS);
  },
  300_000,
);

test.each<{ source: Source; text: string }>([
  { source: 'world', text: 'Making a store' },
  { source: 'imported', text: 'Starting the Worker' },
  { source: 'imported', text: 'ready http' },
])(
  'five seconds after a SIGKILL of npm start nothing is left: %j',
  async ({ source, text }) => {
    const { state, flags } = prepareSource(source);
    const npm = await startNpm(state, flags);
    await npm.waitForText(text);
    await sleep(500);
    expect(findProcesses(state).length).toBeGreaterThan(0);
    process.kill(findScript(state, 'start.ts'), 'SIGKILL');
    await expectNothingLeft(state, 5_000);
    if (text !== 'ready http') return;
    // Neither the folder nor the port is in use any more.
    const again = runNpm(state, ['start', '--', '--no-open', '--port', npm.port, '--state', state]);
    await again.waitForText('Starting the Worker');
    process.kill(again.pid, 'SIGKILL');
    await expectNothingLeft(state, 5_000);
  },
  300_000,
);

test.each([{ process_: 'start/preparation.ts' }, { process_: 'wrangler-dist/cli.js dev' }])(
  'a Ctrl-C before its server is up ends every process of npm run simulate: %j',
  async ({ process_ }) => {
    const state = createState();
    const npm = runNpm(state, ['run', 'simulate', '--', '--state', state]);
    const isRunning = () => findProcesses(state).some((line) => line.includes(process_));
    await expect.poll(isRunning, { timeout: 240_000, interval: 100 }).toBe(true);
    await sleep(500);
    expect(findProcesses(state).length).toBeGreaterThan(0);
    process.kill(-npm.pid, 'SIGINT');
    await npm.exited;
    await expectNothingLeft(state, SHUTDOWN_TIMEOUT_MS);
  },
  300_000,
);

test.each([
  { bench: 'inference', afterMs: 2_500 },
  { bench: 'serving', afterMs: 4_000 },
])('a Ctrl-C before its server is up ends every process of npm run bench: %j', async ({ bench, afterMs }) => {
  const state = createState();
  const npm = runNpm(state, ['run', 'bench', '--', bench]);
  await npm.waitForText('…');
  await sleep(afterMs);
  expect(findProcesses(state).length).toBeGreaterThan(0);
  process.kill(-npm.pid, 'SIGINT');
  await npm.exited;
  await expectNothingLeft(state, SHUTDOWN_TIMEOUT_MS);
});
