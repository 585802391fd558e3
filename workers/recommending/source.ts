// A source retrieves candidates: it visits item indexes, best first, until the visitor has enough. Sources walk orders
// that are the same for everybody, so a walk allocates nothing for an item.

import type { ItemColumns } from '../../models/features/item-columns.ts';
import type { ItemScores } from '../../models/features/item-scores.ts';
import type { ReleaseSpan } from '../storage/release-order.ts';
import { type Filter, removes } from './filter.ts';

/** Returns false to end the walk. */
export type Visit = (index: number, score: number, reason: string) => boolean;

/** Returns false if the visitor ended the walk. */
export type Source = (visit: Visit) => boolean;

/** An item to show. */
export interface ShownItem {
  /** Item index. */
  index: number;
  score: number;
  reason: string;
}

export const fromItems =
  (items: readonly ShownItem[]): Source =>
  (visit) =>
    items.every(({ index, score, reason }) => visit(index, score, reason));

/** Visits the visible items of a list with their scores. */
export function walkScores(
  { isVisible }: ItemColumns,
  { indexes, scores }: ItemScores,
  visit: (index: number, score: number) => boolean,
): boolean {
  for (let position = 0; position < indexes.length; position++) {
    const index = indexes[position]!;
    if (isVisible[index] === 1 && !visit(index, scores[position]!)) return false;
  }
  return true;
}

/** Visits a span with each item's rank, from 0. */
export function walkReleases(
  { indexes, start, end }: ReleaseSpan,
  visit: (index: number, rank: number) => boolean,
): boolean {
  for (let position = start; position < end; position++) if (!visit(indexes[position]!, position - start)) return false;
  return true;
}

/** The same candidates without those that filters remove. */
export const filterSource =
  (source: Source, filters: readonly Pick<Filter, 'removes'>[]): Source =>
  (visit) =>
    source((index, score, reason) => removes(filters, index) || visit(index, score, reason));

/** Takes the first `length` candidates and visits no others. */
export function take(source: Source, length: number): ShownItem[] {
  const taken: ShownItem[] = [];
  if (length > 0)
    source((index, score, reason) => {
      taken.push({ index, score, reason });
      return taken.length < length;
    });
  return taken;
}

/** The first `length` candidates. */
export const limitSource =
  (source: Source, length: number): Source =>
  (visit) => {
    let left = length;
    let isWanted = true;
    source((index, score, reason) => {
      isWanted = visit(index, score, reason);
      return isWanted && --left > 0;
    });
    return isWanted;
  };
