// Trains on any number of drawn interactions: reports which algorithms had a model within the budget, and the peak
// memory. The quality of a model on drawn data is meaningless by itself; popularity beside it shows that there was a
// pattern.

import { selectAlgorithms } from '../../models/release/algorithms.ts';
import { type BudgetName, type DataSize, measureData, planBudget } from '../../models/release/budget.ts';
import { trainRelease } from '../../models/release/train-release.ts';
import { readPeakMemoryMB } from '../terminal/peak-memory.ts';
import { drawCatalogue, drawInteractions, type StoreSize } from './draw-interactions.ts';

const SEED = 1;

export interface SearchOptions extends StoreSize {
  algorithms: string;
  budget: BudgetName | number;
}

export interface SearchReport {
  drawn: DataSize;
  budgetSeconds: number;
  seconds: number;
  /** CPU time of the process, without other work on the machine. */
  cpuSeconds: number;
  /** Memory with only the drawn data, and during the training. */
  dataMB: number;
  peakMB: number;
  candidates: { algorithm: string; validation: number; trainSeconds: number }[];
  missing: { algorithm: string; reason: string }[];
  selected: string;
  modelMB: number;
  neighboursMB: number;
  verdict: string;
}

/** Throws if no model could be trained. */
export async function benchSearch(options: SearchOptions, log: (message: string) => void): Promise<SearchReport> {
  log('drawing interactions …');
  const interactions = drawInteractions(options, SEED);
  const catalogue = drawCatalogue(interactions.itemIds, SEED);
  const drawn = measureData(interactions, catalogue);
  const budgetMs = planBudget(options.budget, drawn);
  const dataMB = readPeakMemoryMB();
  let peakMB = dataMB;
  const readPeak = () => {
    const peak = readPeakMemoryMB();
    peakMB = Math.max(peakMB, peak);
    return peak;
  };
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  const trained = await trainRelease({
    interactions,
    catalogue,
    rows: [],
    snapshot: { version: 'drawn', lastSequences: [] },
    current: undefined,
    recent: [],
    algorithms: selectAlgorithms(options.algorithms),
    budgetMs,
    seed: SEED,
    device: 'cpu',
    signal: new AbortController().signal,
    checkpoints: { read: () => undefined, write() {} },
    clock: Date.now,
    readPeakMemoryMB: readPeak,
    onProgress: createLog(log),
  });
  if (!trained.ok) throw new Error(trained.error);
  readPeak();
  const { user, system } = process.cpuUsage(cpuBefore);
  const { candidates, missing, manifest, verdict, model, neighbours } = trained.value;
  return {
    drawn,
    budgetSeconds: budgetMs / 1000,
    seconds: (performance.now() - startedAt) / 1000,
    cpuSeconds: (user + system) / 1e6,
    dataMB,
    peakMB,
    candidates,
    missing,
    selected: manifest.algorithm,
    modelMB: model.length / 1e6,
    neighboursMB: neighbours.length / 1e6,
    verdict: verdict.reason,
  };
}

/** Logs each step once. */
function createLog(log: (message: string) => void): (step: string) => void {
  let last = '';
  return (step) => {
    if (step !== last) log(step);
    last = step;
  };
}

export function formatSearch({ drawn, candidates, missing, verdict, ...report }: SearchReport): string {
  const { selected, modelMB, neighboursMB } = report;
  const count = (n: number) => n.toLocaleString('en');
  return [
    `${count(drawn.interactions)} interactions, ${count(drawn.items)} games; ` +
      `a budget of ${report.budgetSeconds.toFixed(0)} s`,
    ...candidates.map(
      ({ algorithm, validation, trainSeconds }) =>
        `  ${algorithm.padEnd(14)}NDCG@10 ${validation.toFixed(4)}   trained in ${trainSeconds.toFixed(1)} s`,
    ),
    ...missing.map(({ algorithm, reason }) => `  ${algorithm.padEnd(14)}${reason}`),
    `Selected ${selected}: ${modelMB.toFixed(1)} MB, neighbours ${neighboursMB.toFixed(1)} MB. ${verdict}`,
    `${report.seconds.toFixed(0)} s, ${report.cpuSeconds.toFixed(0)} s of CPU; ` +
      `memory ${count(report.dataMB)} MB with the data, ${count(report.peakMB)} MB at most`,
  ].join('\n');
}
