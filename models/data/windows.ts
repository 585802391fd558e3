// Cuts players' sequences into windows and packs them into rows of equal length, so that short histories waste no work.
// Sequential models train on them. The newest item of a window comes first, as in the signature of a release.

import type { Random } from './random.ts';

/** [rows, length], row by row. */
export interface PackedRows {
  /** Item indices in the vocabulary; 0 if padded. */
  items: Int32Array;
  /** Index of the next item; 0 if padded. */
  targets: Int32Array;
  /** Number of the window in its row, from 1 on; 0 if padded. Windows must not attend to each other. */
  segmentIds: Int32Array;
}

interface Row {
  left: number;
  /** Oldest first: all but the last item are inputs, all but the first are targets. */
  windows: Int32Array[];
}

/**
 * Yields batches of windows in random order, in which each item but a player's first is a target once. `sequences`: the
 * item indices of each player, oldest first; those longer than a row are cut at random positions. The last batch may be
 * padded.
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

/** Windows of at most length + 1 items that overlap by one, so that every step from an item to the next is in one. */
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
      for (let position = window.length - 1; position > 0; position--, at++) {
        packed.targets[at] = window[position]!;
        packed.items[at] = window[position - 1]!;
        packed.segmentIds[at] = w + 1;
      }
    });
  });
  return packed;
}
