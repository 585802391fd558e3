// Finds games whose words resemble the query's, despite typing errors, by shared trigrams. The index follows the
// catalogue item by item.

import type { Item } from '../../models/contracts/item.ts';
import type { ItemColumns } from '../../models/features/item-columns.ts';
import type { ShownItem } from './source.ts';

/** An item must have this share of the query's trigrams; a wrong letter changes three. */
const SHARED_MIN = 0.5;

class TrigramIndex {
  /** Indexes of the items that have a trigram. */
  readonly #postings = new Map<string, number[]>();
  /** By item index: the items as they were indexed. */
  readonly #indexed: (Item | undefined)[] = [];
  #changes = 0;

  /** By item index, the number of these trigrams that the item has. */
  count(trigrams: ReadonlySet<string>): Uint16Array {
    const shared = new Uint16Array(this.#indexed.length);
    for (const trigram of trigrams) for (const index of this.#postings.get(trigram) ?? []) shared[index]!++;
    return shared;
  }

  /** Takes in the items that have changed since the last call. */
  follow({ items, changes }: ItemColumns): void {
    if (changes === this.#changes) return;
    this.#changes = changes;
    for (const [index, item] of items.entries()) {
      const before = this.#indexed[index];
      if (item === before) continue;
      const [left, entered] = [listItemTrigrams(before), listItemTrigrams(item)];
      for (const trigram of left) if (!entered.has(trigram)) this.#remove(trigram, index);
      for (const trigram of entered) if (!left.has(trigram)) this.#add(trigram, index);
      this.#indexed[index] = item;
    }
  }

  #add(trigram: string, index: number): void {
    const indexes = this.#postings.get(trigram);
    if (indexes === undefined) this.#postings.set(trigram, [index]);
    else indexes.push(index);
  }

  #remove(trigram: string, index: number): void {
    const indexes = this.#postings.get(trigram)!;
    const last = indexes.pop()!;
    if (last !== index) indexes[indexes.indexOf(index)] = last;
  }
}
const trigramIndexes = new WeakMap<ItemColumns, TrigramIndex>();

/** Most similar first, ties by popularity. Scores 0–1.01. `popularity`: by item index. */
export function searchByTrigrams(columns: ItemColumns, popularity: Float64Array, query: string): ShownItem[] {
  const { ids } = columns;
  const asked = listTrigrams(query);
  const found: ShownItem[] = [];
  const reason = `Found for “${query}”`;
  const shared = readIndex(columns).count(asked);
  for (let index = 0; index < shared.length; index++) {
    const share = shared[index]! / asked.size;
    if (share >= SHARED_MIN) found.push({ index, score: share + 0.01 * popularity[index]!, reason });
  }
  return found.sort((a, b) => b.score - a.score || (ids[a.index]! < ids[b.index]! ? -1 : 1));
}

function readIndex(columns: ItemColumns): TrigramIndex {
  const index = trigramIndexes.get(columns) ?? new TrigramIndex();
  trigramIndexes.set(columns, index);
  index.follow(columns);
  return index;
}

/** None for an item that is not visible. */
const listItemTrigrams = (item: Item | undefined): Set<string> =>
  item === undefined
    ? new Set()
    : listTrigrams([item.title, item.developer ?? '', ...item.genres, ...item.tags].join(' '));

/** “tide” → “ ti”, “tid”, “ide”, “de ”: the trigrams of each padded word, without accents. */
function listTrigrams(text: string): Set<string> {
  const plain = text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
  const trigrams = new Set<string>();
  for (const word of plain.match(/[\p{L}\p{N}]+/gu) ?? []) {
    const padded = ` ${word} `;
    for (let at = 0; at + 3 <= padded.length; at++) trigrams.add(padded.slice(at, at + 3));
  }
  return trigrams;
}
