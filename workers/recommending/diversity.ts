// Makes a slate of scored candidates: best first, but not twice the same. A greedy choice in the manner of MMR (Carbonell &
// Goldstein 1998), calibrated to the player's own mix of genres (the aim of Steck 2018), with caps per developer and series.

import type { Item } from '../../models/contracts/item.ts';
import type { GenreAffinity } from '../../models/features/affinity.ts';
import { seriesOf } from '../../models/features/series.ts';
import { type ScoredCandidate, take } from './candidates.ts';

/** What a candidate loses that is just like one already chosen. Chosen by measurement: docs/experiments.md. */
const SIMILARITY_WEIGHT = 0.5;
/** What a candidate gains whose genres the slate still lacks, measured by the player's mix. */
const CALIBRATION_WEIGHT = 1;
/** Of a slate of twelve. */
const DEVELOPER_MAX = 3;
const SERIES_MAX = 2;
/** Places that are chosen with care; further down nobody looks at the slate as one. */
const CAREFUL_PLACES = 24;
/** Candidates that are compared for a place. */
const WINDOW = 60;

/**
 * The candidates in the order of the slate, at most `length`; a cap that would leave places empty is not kept. `before`: what
 * stands before them already.
 */
export function diversify(
  ranked: readonly ScoredCandidate[],
  length: number,
  affinity: readonly GenreAffinity[],
  before: readonly ScoredCandidate[] = [],
): ScoredCandidate[] {
  const slate = new SlateInMaking(affinity);
  for (const candidate of before) slate.choose(candidate);
  const chosen: ScoredCandidate[] = [];
  const left = new Set(ranked);
  while (chosen.length < Math.min(length, CAREFUL_PLACES)) {
    const best = slate.pickFrom(left);
    if (best === undefined) break;
    slate.choose(best);
    chosen.push(best);
    left.delete(best);
  }
  return [...chosen, ...take(left, length - chosen.length)];
}

/** The candidates in their own order, at most `length`, but no developer or series beyond its cap where there are others. */
export function keepCaps<T extends ScoredCandidate>(ranked: Iterable<T>, length: number): T[] {
  const slate = new SlateInMaking([]);
  const chosen: T[] = [];
  const capped: T[] = [];
  for (const candidate of ranked) {
    if (chosen.length === length) break;
    if (slate.isCapped(candidate.item)) {
      capped.push(candidate);
      continue;
    }
    slate.choose(candidate);
    chosen.push(candidate);
  }
  return [...chosen, ...capped.slice(0, length - chosen.length)];
}

/** Whether an item can stand beside these without going beyond a cap. */
export function createRoom(beside: readonly ScoredCandidate[]): (item: Item) => boolean {
  const slate = new SlateInMaking([]);
  for (const candidate of beside) slate.choose(candidate);
  return (item) => !slate.isCapped(item);
}

class SlateInMaking {
  readonly chosen: ScoredCandidate[] = [];
  readonly #wanted: ReadonlyMap<string, number>;
  readonly #given = new Map<string, number>();
  readonly #developers = new Map<string, number>();
  readonly #series = new Map<string, number>();
  /** Of each candidate, to the most similar one of those chosen with which it was compared so far. */
  readonly #similarity = new Map<string, { most: number; compared: number }>();

  constructor(affinity: readonly GenreAffinity[]) {
    this.#wanted = new Map(affinity.map(({ genre, share }) => [genre, share]));
  }

  /** The best of the first that no cap forbids; undefined where all are forbidden. */
  pickFrom(candidates: Iterable<ScoredCandidate>): ScoredCandidate | undefined {
    let best: ScoredCandidate | undefined;
    let bestValue = Number.NEGATIVE_INFINITY;
    let looked = 0;
    for (const candidate of candidates) {
      if (this.isCapped(candidate.item)) continue;
      const value =
        candidate.score *
        (1 - SIMILARITY_WEIGHT * this.#similarityOf(candidate.item)) *
        (1 + CALIBRATION_WEIGHT * this.#lackOf(candidate.item));
      if (value > bestValue) [best, bestValue] = [candidate, value];
      if (++looked === WINDOW) break;
    }
    return best;
  }

  choose(candidate: ScoredCandidate): void {
    const { genres, developer, title } = candidate.item;
    this.chosen.push(candidate);
    for (const genre of genres) count(this.#given, genre, 1 / genres.length);
    if (developer !== null) count(this.#developers, developer, 1);
    count(this.#series, seriesOf(title), 1);
  }

  isCapped({ developer, title }: Item): boolean {
    return (
      (developer !== null && (this.#developers.get(developer) ?? 0) >= DEVELOPER_MAX) ||
      (this.#series.get(seriesOf(title)) ?? 0) >= SERIES_MAX
    );
  }

  /** To the most similar one chosen, 0–1. */
  #similarityOf(item: Item): number {
    const known = this.#similarity.get(item.itemId) ?? { most: 0, compared: 0 };
    for (; known.compared < this.chosen.length; known.compared++)
      known.most = Math.max(known.most, similarityOf(this.chosen[known.compared]!.item, item));
    this.#similarity.set(item.itemId, known);
    return known.most;
  }

  /** How much of the player's mix the slate still lacks in the item's genres, 0–1. */
  #lackOf({ genres }: Item): number {
    const places = this.chosen.length;
    // An empty slate lacks nothing yet: its first item is the best one.
    if (places === 0) return 0;
    let lack = 0;
    for (const genre of genres)
      lack += Math.max(0, (this.#wanted.get(genre) ?? 0) - (this.#given.get(genre) ?? 0) / places);
    return Math.min(1, lack);
  }
}

const count = (counts: Map<string, number>, key: string, by: number) => counts.set(key, (counts.get(key) ?? 0) + by);

/** Jaccard index of genres and tags, 0–1. */
export function similarityOf(a: Item, b: Item): number {
  const labels = labelsOf(a);
  let shared = 0;
  for (const label of labelsOf(b)) if (labels.has(label)) shared++;
  const union = labels.size + labelsOf(b).size - shared;
  return union > 0 ? shared / union : 0;
}

const labels = new WeakMap<Item, Set<string>>();
function labelsOf(item: Item): Set<string> {
  const known = labels.get(item) ?? new Set([...item.genres, ...item.tags]);
  labels.set(item, known);
  return known;
}
