// Diversifies a slate: best first, without near-duplicates. Greedy selection like MMR (Carbonell & Goldstein 1998),
// calibrated to the player's mix of genres (as Steck 2018 proposes), with caps per developer and series.

import type { AlgorithmSettings } from '../../models/contracts/algorithm-settings.ts';
import type { GenreAffinity } from '../../models/features/affinity.ts';
import type { ItemColumns } from '../../models/features/item-columns.ts';
import { LabelMarks } from '../../models/features/label-marks.ts';
import type { Candidates } from './candidates.ts';
import { Caps, type Limit } from './caps.ts';

/** Beyond this length only the order by score matters. */
const DIVERSIFIED_MAX = 24;
/** Candidates compared for one position. */
const COMPARED_MAX = 60;

export interface Diversity extends Pick<AlgorithmSettings, 'similarityWeight' | 'calibrationWeight'> {
  affinity: readonly GenreAffinity[];
  limit?: Limit | undefined;
}

/**
 * Returns at most `length` candidates in the order of the slate. A cap that would leave positions empty is ignored.
 * `ranked`: best first; `before`: the candidates already in front of them; `scores`: by candidate.
 */
export function diversify(
  ranked: readonly number[],
  length: number,
  before: readonly number[],
  { candidates: { columns, indexes }, scores }: { candidates: Candidates; scores: Float64Array },
  diversity: Diversity,
): number[] {
  const builder = new SlateBuilder(columns, diversity);
  for (const candidate of before) builder.add(indexes[candidate]!);
  const left = new Left(ranked, indexes, scores);
  const slate: number[] = [];
  while (slate.length < Math.min(length, DIVERSIFIED_MAX)) {
    const position = builder.findBest(left);
    if (position < 0) break;
    left.isTaken[position] = 1;
    builder.add(left.indexes[position]!);
    slate.push(ranked[position]!);
  }
  for (let position = 0; position < ranked.length && slate.length < length; position++)
    if (left.isTaken[position] === 0) slate.push(ranked[position]!);
  return slate;
}

/** The ranked candidates as columns, by position. */
class Left {
  readonly length: number;
  readonly indexes: Int32Array;
  readonly scores: Float64Array;
  readonly isTaken: Uint8Array;
  /** The highest similarity to the first `compared` items of the slate. */
  readonly similarities: Float64Array;
  readonly compared: Int32Array;

  constructor(ranked: readonly number[], indexes: readonly number[], scores: Float64Array) {
    const { length } = ranked;
    this.length = length;
    this.indexes = new Int32Array(length);
    this.scores = new Float64Array(length);
    this.isTaken = new Uint8Array(length);
    this.similarities = new Float64Array(length);
    this.compared = new Int32Array(length);
    for (let position = 0; position < length; position++) {
      this.indexes[position] = indexes[ranked[position]!]!;
      this.scores[position] = scores[ranked[position]!]!;
    }
  }
}

class SlateBuilder {
  readonly #columns: ItemColumns;
  readonly #diversity: Diversity;
  readonly #caps: Caps;
  /** Items of the slate whose number is limited. */
  #limited = 0;
  /** The labels of each item of the slate. */
  readonly #marks: LabelMarks[] = [];
  /** By label: the player's share of a genre, and the slate's. */
  readonly #wanted: Float64Array;
  readonly #genres: Float64Array;

  constructor(columns: ItemColumns, diversity: Diversity) {
    const { table } = columns.labels;
    this.#columns = columns;
    this.#diversity = diversity;
    this.#caps = new Caps(columns);
    this.#wanted = new Float64Array(table.length);
    this.#genres = new Float64Array(table.length);
    for (const { genre, share } of diversity.affinity) {
      const label = table.find(genre);
      if (label >= 0) this.#wanted[label] = share;
    }
  }

  /** The position of the best of the first candidates that fit within the caps; −1 if none does. */
  findBest(left: Left): number {
    const { similarityWeight, calibrationWeight, limit } = this.#diversity;
    const refused = limit !== undefined && this.#limited >= limit.max ? limit.indexes : undefined;
    let best = -1;
    let bestValue = Number.NEGATIVE_INFINITY;
    let compared = 0;
    for (let position = 0; position < left.length && compared < COMPARED_MAX; position++) {
      const index = left.indexes[position]!;
      if (left.isTaken[position] === 1 || refused?.has(index) || this.#caps.isCapped(index)) continue;
      compared++;
      const score = left.scores[position]!;
      const gain = 1 + calibrationWeight * this.#computeLack(index);
      // Similarity costs more to compute, and only lowers the value.
      if (score * gain <= bestValue) continue;
      const value = score * (1 - similarityWeight * this.#findSimilarity(left, position)) * gain;
      if (value > bestValue) {
        best = position;
        bestValue = value;
      }
    }
    return best;
  }

  add(index: number): void {
    const { cells, starts, genreEnds } = this.#columns.labels;
    const end = genreEnds[index]!;
    this.#caps.add(index);
    if (this.#diversity.limit?.indexes.has(index)) this.#limited++;
    this.#marks.push(new LabelMarks(this.#columns.labels, index));
    for (let cell = starts[index]!; cell < end; cell++) this.#genres[cells[cell]!]! += 1 / (end - starts[index]!);
  }

  /** Similarity to the most similar item of the slate, 0–1. */
  #findSimilarity({ indexes, similarities, compared }: Left, position: number): number {
    let most = similarities[position]!;
    for (let other = compared[position]!; other < this.#marks.length; other++)
      most = Math.max(most, this.#marks[other]!.computeJaccard(indexes[position]!));
    similarities[position] = most;
    compared[position] = this.#marks.length;
    return most;
  }

  /** The share of the player's mix of genres that the slate lacks and the item has, 0–1; 0 for the first item. */
  #computeLack(index: number): number {
    const { length } = this.#marks;
    if (length === 0) return 0;
    const { cells, starts, genreEnds } = this.#columns.labels;
    let lack = 0;
    for (let cell = starts[index]!; cell < genreEnds[index]!; cell++)
      lack += Math.max(0, this.#wanted[cells[cell]!]! - this.#genres[cells[cell]!]! / length);
    return Math.min(1, lack);
  }
}
