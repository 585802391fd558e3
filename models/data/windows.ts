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

/** Item indices in the vocabulary, oldest first: sequence s ends, exclusive, at ends[s], where the next one starts. */
export interface Sequences {
  items: Int32Array;
  ends: Int32Array;
}

interface Row {
  left: number;
  /** Oldest first: all but the last item are inputs, all but the first are targets. */
  windows: Int32Array[];
}

/**
 * Yields batches of windows in random order, in which each item but a player's first is a target once. Sequences longer
 * than a row are cut at random positions. The last batch may be padded.
 */
export function* packEpoch(
  sequences: Sequences,
  { rows, length }: { rows: number; length: number },
  random: Random,
): Generator<PackedRows> {
  const { starts, ends } = cutWindows(sequences, length, random);
  const order = random.shuffle(Array.from(starts.keys()));
  let open: Row[] = [];
  for (const n of order) {
    const window = sequences.items.subarray(starts[n]!, ends[n]!);
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

/**
 * Windows of at most length + 1 items that overlap by one, so that every step from an item to the next is in one.
 * Numbers instead of views: there may be millions.
 */
function cutWindows(sequences: Sequences, length: number, random: Random): { starts: number[]; ends: number[] } {
  const starts: number[] = [];
  const ends: number[] = [];
  let start = 0;
  for (const end of sequences.ends) {
    const last = end - 1;
    let from = start;
    let to = end - start > length + 1 ? start + 1 + random.below(length) : last;
    while (from < last) {
      starts.push(from);
      ends.push(to + 1);
      from = to;
      to = Math.min(last, to + length);
    }
    start = end;
  }
  return { starts, ends };
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
