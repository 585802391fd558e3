// Diversifies a slate: best first, without near-duplicates. Greedy selection like MMR (Carbonell & Goldstein 1998),
// calibrated to the player's mix of genres (as Steck 2018 proposes), with caps per developer and series.

import type { Item } from '../../models/contracts/item.ts';
import type { GenreAffinity } from '../../models/features/affinity.ts';
import { seriesOf } from '../../models/features/series.ts';
import { computeJaccard, getLabels } from '../../models/features/similarity.ts';
import { type ScoredCandidate, take } from './candidates.ts';

/** A candidate identical to one of the slate loses this share of its score. Measured: docs/experiments.md. */
const SIMILARITY_WEIGHT = 0.5;
/** A candidate whose genres the slate lacks most gains this share of its score. */
const CALIBRATION_WEIGHT = 1;
/** For a slate of twelve. */
const DEVELOPER_MAX = 3;
const SERIES_MAX = 2;
/** Beyond this length only the order by score matters. */
const DIVERSIFIED_MAX = 24;
/** Candidates compared for one position. */
const COMPARED_MAX = 60;

/**
 * Returns at most `length` candidates in the order of the slate. A cap that would leave positions empty is ignored.
 * `ranked`: best first; `before`: the candidates already in front of them.
 */
export function diversify(
  ranked: readonly ScoredCandidate[],
  length: number,
  affinity: readonly GenreAffinity[],
  before: readonly ScoredCandidate[] = [],
): ScoredCandidate[] {
  const builder = new SlateBuilder(affinity);
  for (const candidate of before) builder.add(candidate.item);
  const slate: ScoredCandidate[] = [];
  const left = new Set(ranked);
  while (slate.length < Math.min(length, DIVERSIFIED_MAX)) {
    const best = builder.findBest(left);
    if (best === undefined) break;
    builder.add(best.item);
    slate.push(best);
    left.delete(best);
  }
  return [...slate, ...take(left, length - slate.length)];
}

/** Returns at most `length` candidates in their order; those beyond a cap only if there are no others. */
export function takeWithinCaps(ranked: Iterable<ScoredCandidate>, length: number): ScoredCandidate[] {
  const builder = new SlateBuilder([]);
  const slate: ScoredCandidate[] = [];
  const capped: ScoredCandidate[] = [];
  for (const candidate of ranked) {
    if (slate.length === length) break;
    if (builder.isCapped(candidate.item)) {
      capped.push(candidate);
      continue;
    }
    builder.add(candidate.item);
    slate.push(candidate);
  }
  return [...slate, ...capped.slice(0, length - slate.length)];
}

/** Returns the candidates that fit within the caps beside the others. */
export function filterByCaps(
  candidates: readonly ScoredCandidate[],
  beside: readonly ScoredCandidate[],
): ScoredCandidate[] {
  const builder = new SlateBuilder([]);
  for (const { item } of beside) builder.add(item);
  return candidates.filter(({ item }) => !builder.isCapped(item));
}

class SlateBuilder {
  readonly #items: Item[] = [];
  readonly #wanted: ReadonlyMap<string, number>;
  readonly #genres = new Map<string, number>();
  readonly #developers = new Map<string, number>();
  readonly #series = new Map<string, number>();
  /** Per candidate, the highest similarity to the first `compared` items of the slate. */
  readonly #similarities = new Map<string, { most: number; compared: number }>();

  constructor(affinity: readonly GenreAffinity[]) {
    this.#wanted = new Map(affinity.map(({ genre, share }) => [genre, share]));
  }

  /** The best of the first candidates that fit within the caps; undefined if none does. */
  findBest(candidates: Iterable<ScoredCandidate>): ScoredCandidate | undefined {
    let best: ScoredCandidate | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    let compared = 0;
    for (const candidate of candidates) {
      if (this.isCapped(candidate.item)) continue;
      const value =
        candidate.score *
        (1 - SIMILARITY_WEIGHT * this.#findSimilarity(candidate.item)) *
        (1 + CALIBRATION_WEIGHT * this.#computeLack(candidate.item));
      if (value > bestValue) [best, bestValue] = [candidate, value];
      if (++compared === COMPARED_MAX) break;
    }
    return best;
  }

  add(item: Item): void {
    const { genres, developer, title } = item;
    this.#items.push(item);
    for (const genre of genres) increase(this.#genres, genre, 1 / genres.length);
    if (developer !== null) increase(this.#developers, developer, 1);
    increase(this.#series, seriesOf(title), 1);
  }

  isCapped({ developer, title }: Item): boolean {
    return (
      (developer !== null && (this.#developers.get(developer) ?? 0) >= DEVELOPER_MAX) ||
      (this.#series.get(seriesOf(title)) ?? 0) >= SERIES_MAX
    );
  }

  /** Similarity to the most similar item of the slate, 0–1. */
  #findSimilarity(item: Item): number {
    const known = this.#similarities.get(item.itemId) ?? { most: 0, compared: 0 };
    for (; known.compared < this.#items.length; known.compared++)
      known.most = Math.max(known.most, computeJaccard(getLabels(this.#items[known.compared]!), getLabels(item)));
    this.#similarities.set(item.itemId, known);
    return known.most;
  }

  /** The share of the player's mix of genres that the slate lacks and the item has, 0–1; 0 for the first item. */
  #computeLack({ genres }: Item): number {
    const length = this.#items.length;
    if (length === 0) return 0;
    let lack = 0;
    for (const genre of genres)
      lack += Math.max(0, (this.#wanted.get(genre) ?? 0) - (this.#genres.get(genre) ?? 0) / length);
    return Math.min(1, lack);
  }
}

const increase = (totals: Map<string, number>, key: string, by: number) => totals.set(key, (totals.get(key) ?? 0) + by);
