// Measures training: a step of sasrec against PyTorch, and EASE's inverse against numpy, in turns in the same run.
// Skips comparisons whose baseline is missing on this machine, and says why.

import { withTemporaryFolder } from '../local/temporary-folder.ts';
import { compareInverses, type InverseComparison } from './ease-inverse.ts';
import { findPython } from './python.ts';
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
      report.steps.push(
        await withTemporaryFolder('bench', (folder) => compareSteps({ ...torch, items, threads, folder }, log)),
      );
  }
  const numpy = findPython('numpy');
  if ('missing' in numpy) report.skipped.push(`EASE's inverse is not compared: ${numpy.missing}`);
  else {
    report.numpy = numpy.version;
    for (const size of SIZES)
      report.inverses.push(
        await withTemporaryFolder('bench', (folder) => compareInverses({ ...numpy, size, threads, folder }, log)),
      );
  }
  return report;
}
