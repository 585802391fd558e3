// The columns of visible items without gaps, in the arrays that a file has and ItemColumns takes over.

import type { PackedWords } from './item-words.ts';
import type { PackedLabels } from './label-lists.ts';
import type { Cells, PackedCells } from './packed-lists.ts';

/** By item index, unless a table says otherwise; the cells are those of ItemColumns. */
export interface PackedColumns {
  ids: string[];
  ageRatings: Int8Array;
  prices: Float64Array;
  releaseDays: Int32Array;
  developers: Int32Array;
  series: Int32Array;
  currencies: Int16Array;
  labels: PackedLabels;
  titles: PackedCells<Uint8Array>;
  coverUrls: PackedCells<Uint8Array>;
  words: PackedWords;
  /** By number. */
  developerTable: string[];
  seriesTable: Float64Array;
  currencyTable: string[];
}

const listNothing = <T extends Cells>(cells: T): PackedCells<T> => ({ cells, ends: new Uint32Array(0) });

export const createEmptyColumns = (): PackedColumns => ({
  ids: [],
  ageRatings: new Int8Array(0),
  prices: new Float64Array(0),
  releaseDays: new Int32Array(0),
  developers: new Int32Array(0),
  series: new Int32Array(0),
  currencies: new Int16Array(0),
  labels: {
    ...listNothing(new Uint16Array(0)),
    genreEnds: new Uint32Array(0),
    tagEnds: new Uint32Array(0),
    platformEnds: new Uint32Array(0),
    table: [],
  },
  titles: listNothing(new Uint8Array(0)),
  coverUrls: listNothing(new Uint8Array(0)),
  words: {
    table: listNothing(new Uint16Array(0)),
    titles: listNothing(new Uint32Array(0)),
    developers: listNothing(new Uint32Array(0)),
    labels: listNothing(new Uint32Array(0)),
    trigrams: { count: 0, codes: new Float64Array(0), words: new Uint32Array(0), ends: new Uint32Array(0) },
  },
  developerTable: [],
  seriesTable: new Float64Array(0),
  currencyTable: [],
});
