// Formats the report of the training bench. Measures nothing.

import { formatRatio, type Ratio } from './rounds.ts';
import type { TrainingReport } from './training.ts';

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
