// Finds games whose words are like the query's, typing errors forgiven: by the trigrams that they share. The index is made
// once for a state of the catalogue, and held with it.

import type { Item } from '../../models/contracts/item.ts';
import type { Catalogue } from '../storage/catalogue.ts';
import type { Found } from './candidates.ts';

/** Of a query's trigrams, the share that an item must have: a letter that is wrong costs three of them. */
const SHARED_MIN = 0.5;

interface Index {
  revision: number;
  items: readonly Item[];
  /** Of each trigram, the places of the items that have it. */
  postings: ReadonlyMap<string, readonly number[]>;
}
const indexes = new WeakMap<Catalogue, Index>();

/** The most similar first; those alike, the popular first. Scores 0–1. */
export function searchByTrigrams(
  catalogue: Catalogue,
  popularity: ReadonlyMap<string, number>,
  query: string,
): Found[] {
  const { items, postings } = indexOf(catalogue);
  const asked = trigramsOf(query);
  const shared = new Map<number, number>();
  for (const trigram of asked)
    for (const place of postings.get(trigram) ?? []) shared.set(place, (shared.get(place) ?? 0) + 1);
  const found: Found[] = [];
  for (const [place, count] of shared) {
    const share = count / asked.size;
    const item = items[place]!;
    if (share >= SHARED_MIN)
      found.push({ item, score: share + 0.01 * (popularity.get(item.itemId) ?? 0), reason: `Found for “${query}”` });
  }
  return found.sort((a, b) => b.score - a.score || (a.item.itemId < b.item.itemId ? -1 : 1));
}

function indexOf(catalogue: Catalogue): Index {
  const known = indexes.get(catalogue);
  if (known?.revision === catalogue.changes) return known;
  const items = [...catalogue.values()];
  const postings = new Map<string, number[]>();
  items.forEach(({ title, developer, genres, tags }, place) => {
    for (const trigram of trigramsOf([title, developer ?? '', ...genres, ...tags].join(' '))) {
      const places = postings.get(trigram);
      if (places === undefined) postings.set(trigram, [place]);
      else places.push(place);
    }
  });
  const index = { revision: catalogue.changes, items, postings };
  indexes.set(catalogue, index);
  return index;
}

/** Of each word, with its edges: “tide” → “ ti”, “tid”, “ide”, “de ”. Accents do not count. */
function trigramsOf(text: string): Set<string> {
  const plain = text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');
  const trigrams = new Set<string>();
  for (const word of plain.match(/[\p{L}\p{N}]+/gu) ?? []) {
    const padded = ` ${word} `;
    for (let at = 0; at + 3 <= padded.length; at++) trigrams.add(padded.slice(at, at + 3));
  }
  return trigrams;
}
