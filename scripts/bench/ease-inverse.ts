// Measures the inverse of EASE against numpy's on the same matrix. Leaves out counting pairs and reading weights from
// the inverse, which take little time in comparison.

import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { createRandom } from '../../models/data/random.ts';
import { invert, LARGE_BLOCK } from '../../models/linalg/inverse.ts';
import { SymmetricMatrix } from '../../models/linalg/symmetric.ts';
import { transpose } from '../../models/linalg/transpose.ts';
import { openGemm } from '../../models/onnx/gemm.ts';
import { drawSequences } from './draw-sequences.ts';
import { startPython } from './python.ts';
import { compareRounds, median, type Ratio, timeInTurns } from './rounds.ts';

const SEED = 1;
const USERS_PER_ITEM = 4;
const REGULARISATION = 300;
/** As a share of the largest element of the inverse. */
const TOLERANCE = 1e-4;
const ROUNDS = 3;

export interface InverseComparison {
  size: number;
  /** Medians over the rounds. */
  oursMs: number;
  baselineMs: { float32: number; float64: number };
  /** The faster of the two; `ratio` is to its time. */
  baselineType: 'float32' | 'float64';
  ratio: Ratio;
  /** Between the two inverses, as a share of the largest element. */
  differenceMax: number;
}

/** `folder`: empty, for files that both sides read. Throws if the two inverses differ. */
export async function compareInverses(
  { python, size, threads, folder }: { python: string; size: number; threads: number; folder: string },
  log: (message: string) => void,
): Promise<InverseComparison> {
  const gram = drawGram(size);
  writeSquare(path.join(folder, 'gram'), gram);
  const gemm = await openGemm(threads);
  const baseline = startPython(python, 'numpy_inverse.py', [folder, String(size)], threads);
  const inverse = new SymmetricMatrix(size, LARGE_BLOCK);
  const timeBaseline = async (type: 'float32' | 'float64') =>
    (await baseline.ask<{ ms: number }>({ type, columns: LARGE_BLOCK })).ms;
  try {
    const times = await timeInTurns(
      ROUNDS,
      {
        async ours() {
          gram.panels.forEach((panel, p) => void inverse.panels[p]!.set(panel));
          const startedAt = performance.now();
          await invert(inverse, gemm);
          return performance.now() - startedAt;
        },
        float32: () => timeBaseline('float32'),
        float64: () => timeBaseline('float64'),
      },
      (round) => log(`EASE's inverse, ${size} items: round ${round} of ${ROUNDS}`),
    );
    const differenceMax = findDifference(inverse, path.join(folder, 'inverse'));
    if (!(differenceMax <= TOLERANCE))
      throw new Error(`the two inverses differ by ${differenceMax} of their largest element`);
    const baselineMs = { float32: median(times.float32), float64: median(times.float64) };
    const baselineType = baselineMs.float32 < baselineMs.float64 ? 'float32' : 'float64';
    return {
      size,
      oursMs: median(times.ours),
      baselineMs,
      baselineType,
      ratio: compareRounds(times.ours, times[baselineType]),
      differenceMax,
    };
  } finally {
    baseline.end();
    await gemm.release();
  }
}

/** Number of made-up users who interacted with both items of each pair, with the regularisation on the diagonal. */
function drawGram(size: number): SymmetricMatrix {
  const gram = new SymmetricMatrix(size, LARGE_BLOCK);
  for (const items of drawSequences(USERS_PER_ITEM * size, size, createRandom(SEED, 'interactions'))) {
    items.sort();
    for (let i = 0; i < items.length; i++) for (let j = 0; j <= i; j++) gram.add(items[i]!, items[j]!, 1);
  }
  for (let item = 0; item < size; item++) gram.add(item, item, REGULARISATION);
  return gram;
}

/** The whole square, row by row, float32. */
function writeSquare(file: string, matrix: SymmetricMatrix): void {
  const columns = new Float32Array(matrix.size * matrix.block);
  const handle = openSync(file, 'w');
  matrix.panels.forEach((_, panel) => {
    const width = matrix.rowsOf(panel);
    matrix.readColumns(panel, columns);
    // The matrix is symmetric: its columns, transposed, are its rows.
    writeSync(handle, transpose(columns.subarray(0, matrix.size * width), width));
  });
  closeSync(handle);
}

/** The largest difference between the first columns of both, as a share of their largest element. */
function findDifference(inverse: SymmetricMatrix, file: string): number {
  const bytes = readFileSync(file);
  const theirs = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / Float32Array.BYTES_PER_ELEMENT);
  const ours = new Float32Array(theirs.length);
  inverse.readColumns(0, ours);
  let difference = 0;
  let largest = 0;
  for (let at = 0; at < theirs.length; at++) {
    difference = Math.max(difference, Math.abs(ours[at]! - theirs[at]!));
    largest = Math.max(largest, Math.abs(theirs[at]!));
  }
  return difference / largest;
}
