// All inputs of one answer, so that the stages need no I/O and a test needs no server.

import type { AlgorithmSettings } from '../../models/contracts/algorithm-settings.ts';
import type { RequestContext } from '../../models/contracts/context.ts';
import type { Neighbours } from '../../models/contracts/neighbours.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { Statistics } from '../../models/contracts/statistics.ts';
import type { GenreAffinity } from '../../models/features/affinity.ts';
import type { Catalogue } from '../storage/catalogue.ts';

/** Scores of the whole vocabulary for one history, by item index. */
export interface ModelScores {
  itemIds: readonly string[];
  scores: Float32Array;
  /**
   * Kept by model-source.ts for all sources of the answer. In a WeakMap it would outlive the answer, with the scores,
   * until the next full collection: V8's minor collections treat a WeakMap's values as alive.
   */
  order?: ModelOrder;
}

/** Positions in the vocabulary with positive scores, best first, sorted part by part as they are asked for. */
export interface ModelOrder {
  /** All of a part score higher than those of the next one. */
  parts: (readonly number[])[];
  /** Bits of a score; the parts have all positions whose scores reach it. */
  threshold: number;
}

/**
 * The ranking model: features [candidates, FEATURES] to probabilities [candidates, ACTIONS], row by row
 * (models/features/ranking.ts). Rejects if it cannot answer.
 */
export type PredictActions = (features: Float32Array, candidates: number) => Promise<Float32Array>;

export interface RankingInput {
  settings: AlgorithmSettings;
  catalogue: Catalogue;
  /** Null before the statistics job has run for the first time. */
  statistics: Statistics | null;
  user: UserState;
  /** The player's state when the first page of this list was computed; undefined for a first page. */
  earlierUser?: UserState | undefined;
  affinity: readonly GenreAffinity[];
  context: RequestContext;
  /** The rules in force now, for this context. */
  rules: readonly Rule[];
  /** Null for a cold-start user, and if no model can answer. */
  modelScores: ModelScores | null;
  /** Null if the release has no ranking model. */
  predictActions: PredictActions | null;
  /** Item index by item id, the same object for the same release; null without a release. */
  releaseItems: ReadonlyMap<string, number> | null;
  /** Returns an item's neighbours in the release; none if the release lacks the item. */
  neighboursOf(itemId: string): Neighbours;
  /** The RNG of exploration: uniform in [0, 1), seeded by the answer's id. */
  random(): number;
  /** Today's date, ISO. */
  today: string;
}
