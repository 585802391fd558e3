// Finds games whose words resemble the query's, despite typing errors, by shared trigrams. The index is built once per
// state of the catalogue.

import type { Item } from '../../models/contracts/item.ts';
import type { Catalogue } from '../storage/catalogue.ts';
import type { Candidate } from './candidates.ts';

/** An item must have this share of the query's trigrams; a wrong letter changes three. */
const SHARED_MIN = 0.5;

interface Index {
  revision: number;
  items: readonly Item[];
  /** Indices of the items that have a trigram. */
  postings: ReadonlyMap<string, readonly number[]>;
}
const indexes = new WeakMap<Catalogue, Index>();

/** Most similar first, ties by popularity. Scores 0–1.01. */
export function searchByTrigrams(
  catalogue: Catalogue,
  popularity: ReadonlyMap<string, number>,
  query: string,
): Candidate[] {
  const { items, postings } = getIndex(catalogue);
  const asked = listTrigrams(query);
  const shared = new Map<number, number>();
  for (const trigram of asked)
    for (const index of postings.get(trigram) ?? []) shared.set(index, (shared.get(index) ?? 0) + 1);
  const found: Candidate[] = [];
  for (const [index, count] of shared) {
    const share = count / asked.size;
    const item = items[index]!;
    if (share >= SHARED_MIN)
      found.push({ item, score: share + 0.01 * (popularity.get(item.itemId) ?? 0), reason: `Found for “${query}”` });
  }
  return found.sort((a, b) => b.score - a.score || (a.item.itemId < b.item.itemId ? -1 : 1));
}

function getIndex(catalogue: Catalogue): Index {
  const known = indexes.get(catalogue);
  if (known?.revision === catalogue.changes) return known;
  const items = [...catalogue.values()];
  const postings = new Map<string, number[]>();
  items.forEach(({ title, developer, genres, tags }, index) => {
    for (const trigram of listTrigrams([title, developer ?? '', ...genres, ...tags].join(' '))) {
      const indices = postings.get(trigram);
      if (indices === undefined) postings.set(trigram, [index]);
      else indices.push(index);
    }
  });
  const index = { revision: catalogue.changes, items, postings };
  indexes.set(catalogue, index);
  return index;
}

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
