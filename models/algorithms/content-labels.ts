// Encodes a game's facts in the catalogue as weighted labels: genres, tags, developer, platforms, price, year and the
// words of its title. Reads no interactions.

import type { Item } from '../contracts/item.ts';

/** A sparse matrix [items, width]: the labels of item i are cells starts[i] up to starts[i + 1]. */
export interface LabelMatrix {
  width: number;
  starts: Int32Array;
  columns: Int32Array;
  values: Float32Array;
}

/** Only the most frequent labels are kept: the others have too few items to learn from. */
const LABELS_MAX = 2000;
const ITEMS_PER_LABEL_MIN = 2;
/** Upper bounds of the price classes, exclusive. */
const PRICE_CLASSES = [0.01, 5, 10, 20, 40];
/** Shorter words are mostly articles and numerals. */
const WORD_LENGTH_MIN = 3;

/** Each row has length 1, or no labels. A label weighs log(items / items with it), as in TF-IDF (Spärck Jones 1972). */
export function encodeLabels(itemIds: readonly string[], catalogue: ReadonlyMap<string, Item>): LabelMatrix {
  const labels = itemIds.map((itemId) => {
    const item = catalogue.get(itemId);
    return item === undefined ? [] : [...new Set(listLabels(item))];
  });
  const itemsByLabel = new Map<string, number>();
  for (const own of labels) for (const label of own) itemsByLabel.set(label, (itemsByLabel.get(label) ?? 0) + 1);
  const kept = [...itemsByLabel]
    .filter(([, items]) => items >= ITEMS_PER_LABEL_MIN && items < itemIds.length)
    .sort(([a, itemsA], [b, itemsB]) => itemsB - itemsA || (a < b ? -1 : 1))
    .slice(0, LABELS_MAX);
  const columnOf = new Map(kept.map(([label], column) => [label, column]));
  const weights = kept.map(([, items]) => Math.log(itemIds.length / items));

  const starts = new Int32Array(itemIds.length + 1);
  const columns: number[] = [];
  const values: number[] = [];
  labels.forEach((own, item) => {
    const ownColumns = own.map((label) => columnOf.get(label)).filter((column) => column !== undefined);
    const length = Math.hypot(...ownColumns.map((column) => weights[column]!));
    for (const column of ownColumns) {
      columns.push(column);
      values.push(weights[column]! / length);
    }
    starts[item + 1] = columns.length;
  });
  return { width: kept.length, starts, columns: Int32Array.from(columns), values: Float32Array.from(values) };
}

function listLabels({ title, genres, tags, developer, platforms, price, releaseDate }: Item): string[] {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const labels = [
    ...genres.map((genre) => `genre ${genre.toLowerCase()}`),
    ...tags.map((tag) => `tag ${tag.toLowerCase()}`),
    ...platforms.map((platform) => `platform ${platform.toLowerCase()}`),
    ...words.filter((word) => word.length >= WORD_LENGTH_MIN).map((word) => `word ${word}`),
  ];
  if (developer !== null) labels.push(`developer ${developer.toLowerCase()}`);
  if (price !== null) labels.push(`price ${PRICE_CLASSES.filter((bound) => price >= bound).length}`);
  if (releaseDate !== null) labels.push(`year ${releaseDate.slice(0, 4)}`);
  return labels;
}
