// Measures every step from a drawn file to a query, for any number of events. Each step runs its command or job in its
// own processes: time, and the peak memory of all of them. It judges no model.

import { statSync } from 'node:fs';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { spawnGuarded } from '../local/guarded-process.ts';
import { withTemporaryFolder } from '../local/temporary-folder.ts';
import type { Shutdown } from '../terminal/shutdown.ts';
import { REFUSED } from '../train/command.ts';
import { type TreeUsage, watchTree } from './process-tree.ts';

const SCRIPTS_DIR = path.join(import.meta.dirname, '..');

export interface ScaleOptions {
  events: number;
  items: number;
  /** The format of `npm run train -- --budget`. */
  budget: string;
}

export interface ScaleStep extends TreeUsage {
  step: string;
  seconds: number;
  eventsPerSecond: number;
  /** False if its command failed; its messages are on stderr. */
  passed: boolean;
}

export interface ScaleReport extends ScaleOptions {
  fileMB: number;
  steps: ScaleStep[];
}

interface Command {
  step: string;
  /** Its path within scripts/. */
  script: string;
  args: string[];
}

/** A step that fails is the last one. */
export const benchScale = (
  options: ScaleOptions,
  shutdown: Shutdown,
  log: (message: string) => void,
): Promise<ScaleReport> =>
  withTemporaryFolder('scale', async (folder) => {
    const file = path.join(folder, 'events.csv');
    const steps: ScaleStep[] = [];
    for (const command of listCommands(options, file, path.join(folder, 'state'))) {
      log(`${command.step} …`);
      const step = await measureCommand(command, options.events, shutdown);
      steps.push(step);
      if (step.passed) continue;
      process.exitCode = 1;
      break;
    }
    return { ...options, fileMB: statSync(file).size / 1e6, steps };
  });

function listCommands({ events, items, budget }: ScaleOptions, file: string, state: string): Command[] {
  const inState = ['--state', state];
  const runJob = (job: string): Command => ({ step: job, script: 'bench/run-job.ts', args: [job, state] });
  const query = (name: string): Command => ({
    step: `query ${name}`,
    script: 'query.ts',
    args: [name, '--format', 'parquet', '--output', path.join(state, `${name}.parquet`), ...inState],
  });
  return [
    { step: 'draw', script: 'bench/write-drawn-file.ts', args: [file, String(events), String(items)] },
    { step: 'import', script: 'import.ts', args: [file, ...inState, '--json'] },
    ...['count', 'archive', 'trim'].map(runJob),
    { step: 'compact', script: 'compact.ts', args: inState },
    { step: 'train', script: 'train.ts', args: [...inState, '--budget', budget, '--json'] },
    ...['popularity', 'players-per-day', 'transitions'].map(query),
  ];
}

async function measureCommand({ step, script, args }: Command, events: number, shutdown: Shutdown): Promise<ScaleStep> {
  const startedAt = performance.now();
  const child = spawnGuarded(path.join(SCRIPTS_DIR, script), args, { stdout: 'pipe', stderr: 'inherit' });
  const forget = shutdown.add(child.stop);
  const endWatch = watchTree(child.pid);
  const [exitCode] = await Promise.all([child.exited, text(child.stdout!)]);
  const usage = endWatch();
  if (shutdown.started) return new Promise(() => {});
  forget();
  // The gate may refuse the model of a short training: that is not measured here.
  const passed = exitCode === 0 || (step === 'train' && exitCode === REFUSED);
  const seconds = (performance.now() - startedAt) / 1000;
  return { step, seconds, eventsPerSecond: events / seconds, passed, ...usage };
}

export function formatScale({ events, items, budget, fileMB, steps }: ScaleReport): string {
  const count = (n: number) => Math.round(n).toLocaleString('en');
  const rows = steps.map(({ step, seconds, cpuSeconds, eventsPerSecond, peakMB, peakByProgram, passed }) => [
    passed ? step : `${step} FAILED`,
    seconds.toFixed(1),
    cpuSeconds.toFixed(1),
    count(eventsPerSecond),
    count(peakMB),
    Object.entries(peakByProgram)
      .filter(([, megabytes]) => megabytes >= 1)
      .map(([program, megabytes]) => `${program} ${count(megabytes)}`)
      .join(', '),
  ]);
  const table = [['step', 'seconds', 'of CPU', 'events/s', 'peak MB', 'of which'], ...rows];
  return [
    `${count(events)} events, ${count(items)} games, ${fileMB.toFixed(0)} MB of CSV; ${budget} of training`,
    ...table.map(([step, ...cells]) =>
      [step!.padEnd(22), ...cells.slice(0, -1).map((cell) => cell.padStart(9)), `   ${cells.at(-1)}`].join(''),
    ),
  ].join('\n');
}
