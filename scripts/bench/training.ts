// Measures training: a step of sasrec against PyTorch, and EASE's inverse against numpy, by turns in the same run.
// Skips comparisons whose baseline is missing on this machine, and says why.

import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { compareInverses, type InverseComparison } from './ease-inverse.ts';
import { findPython } from './python.ts';
import { formatRatio, type Ratio } from './rounds.ts';
import { compareSteps, type StepComparison } from './sasrec-step.ts';

/** The catalogues of MovieLens 1M and of a large store. */
const ITEMS = [3_416, 20_000];
const SIZES = [5_000, 10_000];

export interface TrainingReport {
  threads: number;
  /** Versions of the baselines; null if missing. */
  torch: string | null;
  numpy: string | null;
  steps: StepComparison[];
  inverses: InverseComparison[];
  /** Reasons why comparisons were skipped, one a line. */
  skipped: string[];
}

export async function benchTraining(threads: number, log: (message: string) => void): Promise<TrainingReport> {
  const report: TrainingReport = { threads, torch: null, numpy: null, steps: [], inverses: [], skipped: [] };
  const torch = findPython('torch');
  if ('missing' in torch) report.skipped.push(`the training step is not compared: ${torch.missing}`);
  else {
    report.torch = torch.version;
    for (const items of ITEMS)
      report.steps.push(await inFolder((folder) => compareSteps({ ...torch, items, threads, folder }, log)));
  }
  const numpy = findPython('numpy');
  if ('missing' in numpy) report.skipped.push(`EASE's inverse is not compared: ${numpy.missing}`);
  else {
    report.numpy = numpy.version;
    for (const size of SIZES)
      report.inverses.push(await inFolder((folder) => compareInverses({ ...numpy, size, threads, folder }, log)));
  }
  return report;
}

async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-bench-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Targets. */
const STEP_RATIO_MAX = 0.7;
const INVERSE_RATIO_MAX = 1.2;

export function formatTraining({ threads, torch, numpy, steps, inverses, skipped }: TrainingReport): string {
  const lines: string[] = [];
  const compare = (name: string, oursMs: number, baselineMs: number, ratio: Ratio, ratioMax: number) => {
    const ms = oursMs.toFixed(0).padStart(9) + baselineMs.toFixed(0).padStart(14);
    const verdict = ratio.median <= ratioMax ? 'within' : 'above';
    lines.push(`${name.padEnd(30)}${ms}   ${formatRatio(ratio)}, ${verdict} ${ratioMax}`);
  };
  if (steps.length + inverses.length > 0)
    lines.push(`${`threads: ${threads}`.padEnd(30)}  ours ms   baseline ms   ratio (least–greatest)`);
  for (const { items, oursMs, baselineMs, baselineWaits, ratio, losses } of steps) {
    compare(`step of sasrec, ${items} items`, oursMs, baselineMs[baselineWaits], ratio, STEP_RATIO_MAX);
    lines.push(
      `  PyTorch ${torch}: passive waiting ${baselineMs.passive.toFixed(0)} ms, ` +
        `active ${baselineMs.active.toFixed(0)} ms`,
      `  same loss: ${losses.ours.toFixed(5)}, theirs ${losses.baseline.toFixed(5)}`,
    );
  }
  for (const { size, oursMs, baselineMs, baselineType, ratio, differenceMax } of inverses) {
    compare(`EASE's inverse, ${size} items`, oursMs, baselineMs[baselineType], ratio, INVERSE_RATIO_MAX);
    lines.push(
      `  numpy ${numpy}: float32 ${baselineMs.float32.toFixed(0)} ms, float64 ${baselineMs.float64.toFixed(0)} ms`,
      `  same inverse: within ${differenceMax.toExponential(0)} of its largest element`,
    );
  }
  return [...lines, ...skipped].join('\n');
}
