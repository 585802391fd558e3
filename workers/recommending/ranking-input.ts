// Everything one answer is computed from, fixed at one moment: so the stages need no I/O and a test needs no server.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { ItemScore, Statistics } from '../../models/contracts/statistics.ts';
import type { GenreAffinity } from '../../models/features/affinity.ts';
import type { Catalogue } from '../storage/catalogue.ts';

/** Scores of the whole vocabulary for one history, place by place. */
export interface ModelScores {
  itemIds: readonly string[];
  scores: Float32Array;
}

/**
 * The ranking model: features [candidates × FEATURES], row by row, to probabilities [candidates × ACTIONS], row by row
 * (models/features/ranking.ts). Rejects where it cannot answer.
 */
export type PredictActions = (features: Float32Array, candidates: number) => Promise<Float32Array>;

export interface RankingInput {
  catalogue: Catalogue;
  /** Null before the statistics job has run for the first time. */
  statistics: Statistics | null;
  /** Popularity per item, the most popular at 1. */
  popularity: ReadonlyMap<string, number>;
  user: UserState;
  affinity: readonly GenreAffinity[];
  context: RequestContext;
  /** Those in force now, for this context. */
  rules: readonly Rule[];
  /** Null for a newcomer, and where no model could answer. */
  modelScores: ModelScores | null;
  /** Null where the release has no ranking model. */
  predictActions: PredictActions | null;
  /** Items that the release knows, by id; null where there is no release. The same object as long as it is the same release. */
  releaseItems: ReadonlyMap<string, number> | null;
  /** The neighbours of an item in the release, nearest first, weights 0–1; empty where it knows none. */
  neighboursOf(itemId: string): readonly ItemScore[];
  /** Uniform in [0, 1): the dice of exploration, the same for the same answer. */
  random(): number;
  /** Today's date, ISO. */
  today: string;
}
