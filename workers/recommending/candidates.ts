// The types that pass through the stages of a recommendation: candidates as a source retrieves them, and scored.

import type { RecommendedItem, SourceName } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';

/** An item that may be shown, as one source retrieved it. Sources yield the best first. */
export interface Candidate {
  item: Item;
  score: number;
  reason: string;
}

/** The sources that retrieved an item, each with its score relative to its best, 0–1, and its reason. */
export type SourceScores = Partial<Record<SourceName, Pick<Candidate, 'score' | 'reason'>>>;

/** `score`: its expected utility for this player. */
export interface ScoredCandidate extends Candidate {
  sources: SourceScores;
  /** Returns its row of FEATURES (models/features/ranking.ts). */
  features(): Float32Array;
}

export const toRecommendedItem = ({ item, score, reason }: Candidate): RecommendedItem => ({
  itemId: item.itemId,
  score: Math.round(score * 1e6) / 1e6,
  reason,
});

/** Takes the first `length` of a sequence and reads no further. */
export function take<T>(values: Iterable<T>, length: number): T[] {
  const taken: T[] = [];
  if (length > 0)
    for (const value of values) {
      taken.push(value);
      if (taken.length === length) break;
    }
  return taken;
}
