// Cuts players' choices into windows and packs them into rows of equal length, so that short histories waste no work: what
// a sequential model trains on. The newest item of a window comes first, as in the signature of a release.

import type { Random } from './random.ts';

/** Cells of `rows` rows, row by row; all arrays have the same length. */
export interface PackedRows {
  /** Places in the vocabulary; 0 where padded. */
  items: Int32Array;
  /** The item that the player chose next. */
  targets: Int32Array;
  /** Which window of its row a cell belongs to, from 1 on; 0 where padded. What is in another window is another player's. */
  segmentIds: Int32Array;
}

interface Row {
  left: number;
  /** Oldest first: all but the last item are inputs, all but the first are targets. */
  windows: Int32Array[];
}

/**
 * Batches that hold each choice but a window's first once as a target, in random order. `sequences`: a player's items,
 * oldest first, as places in the vocabulary; what is longer than a row is cut at random places. The last batch may be padded.
 */
export function* packEpoch(
  sequences: readonly Int32Array[],
  { rows, length }: { rows: number; length: number },
  random: Random,
): Generator<PackedRows> {
  const windows = sequences.flatMap((sequence) => cutWindows(sequence, length, random));
  random.shuffle(windows);
  let open: Row[] = [];
  for (const window of windows) {
    const size = window.length - 1;
    let row = open.find(({ left }) => left >= size);
    if (row === undefined) {
      if (open.length === rows) {
        yield packRows(open, { rows, length });
        open = [];
      }
      row = { left: length, windows: [] };
      open.push(row);
    }
    row.left -= size;
    row.windows.push(window);
  }
  if (open.length > 0) yield packRows(open, { rows, length });
}

/** Windows of length + 1 items at most that overlap by one, so that every step from one item to the next is in one. */
function cutWindows(sequence: Int32Array, length: number, random: Random): Int32Array[] {
  const windows: Int32Array[] = [];
  let from = 0;
  let to = sequence.length > length + 1 ? 1 + random.below(length) : sequence.length - 1;
  while (from < sequence.length - 1) {
    windows.push(sequence.subarray(from, to + 1));
    from = to;
    to = Math.min(sequence.length - 1, to + length);
  }
  return windows;
}

function packRows(open: readonly Row[], { rows, length }: { rows: number; length: number }): PackedRows {
  const cells = rows * length;
  const packed = { items: new Int32Array(cells), targets: new Int32Array(cells), segmentIds: new Int32Array(cells) };
  open.forEach((row, r) => {
    let at = r * length;
    row.windows.forEach((window, w) => {
      for (let place = window.length - 1; place > 0; place--, at++) {
        packed.targets[at] = window[place]!;
        packed.items[at] = window[place - 1]!;
        packed.segmentIds[at] = w + 1;
      }
    });
  });
  return packed;
}
