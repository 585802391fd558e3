// Compares the throughput of two servers under load, in turns. The load comes from a separate process (load.ts).

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Load, LoadResult } from './load.ts';
import { compareRounds, median, type Ratio } from './rounds.ts';

const CONNECTIONS = 8;
const RUNS = 5;
const RUN_SECONDS = 3;
const WARM_UP_SECONDS = 2;

export interface Comparison {
  name: string;
  /** Medians over the runs. */
  ours: LoadResult;
  baseline: LoadResult;
  /** Requests per second, ours over the baseline's. */
  ratio: Ratio;
}

type Target = Omit<Load, 'seconds' | 'connections'>;

/** Throws if a request fails. */
export async function compareLoads(
  name: string,
  ours: Target,
  baseline: Target,
  log: (message: string) => void,
): Promise<Comparison> {
  log(`${name}: warming up …`);
  for (const target of [ours, baseline]) await runLoad(target, WARM_UP_SECONDS);
  const results: Record<'ours' | 'baseline', LoadResult[]> = { ours: [], baseline: [] };
  for (let run = 1; run <= RUNS; run++) {
    results.ours.push(await runLoad(ours, RUN_SECONDS));
    results.baseline.push(await runLoad(baseline, RUN_SECONDS));
    log(`${name}: run ${run} of ${RUNS}`);
  }
  if (Object.values(results).some((runs) => runs.some(({ failed }) => failed > 0)))
    throw new Error(`${name}: some requests failed`);
  return {
    name,
    ours: takeMedians(results.ours),
    baseline: takeMedians(results.baseline),
    ratio: compareRounds(readThroughputs(results.ours), readThroughputs(results.baseline)),
  };
}

const readThroughputs = (runs: readonly LoadResult[]) => runs.map(({ requestsPerSecond }) => requestsPerSecond);

const takeMedians = (runs: readonly LoadResult[]): LoadResult => ({
  requestsPerSecond: median(readThroughputs(runs)),
  p50Ms: median(runs.map(({ p50Ms }) => p50Ms)),
  p99Ms: median(runs.map(({ p99Ms }) => p99Ms)),
  failed: 0,
});

async function runLoad(target: Target, seconds: number): Promise<LoadResult> {
  const load: Load = { ...target, seconds, connections: CONNECTIONS };
  const script = path.join(import.meta.dirname, 'load.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(load)]);
  return JSON.parse(stdout);
}
