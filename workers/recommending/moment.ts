// Everything one answer is computed from, fixed at one moment: so the stages need no I/O and a test needs no server.

import type { UserView } from '../../models/contracts/signals.ts';
import type { Scored, Statistics } from '../../models/contracts/statistics.ts';
import type { GenreAffinity } from '../../models/features/affinity.ts';
import type { Catalogue } from '../storage/catalogue.ts';

/** Scores of the whole vocabulary for one history, place by place. */
export interface ModelScores {
  itemIds: readonly string[];
  scores: Float32Array;
}

export interface Moment {
  catalogue: Catalogue;
  /** Null before the statistics job has run for the first time. */
  statistics: Statistics | null;
  /** Popularity per item, the most popular at 1. */
  popularity: ReadonlyMap<string, number>;
  view: UserView;
  affinity: readonly GenreAffinity[];
  /** Null for a newcomer, and where no model could answer. */
  personal: ModelScores | null;
  /** The neighbours of an item in the release, nearest first, weights 0–1; empty where it knows none. */
  neighboursOf(itemId: string): readonly Scored[];
  /** Today's date, ISO. */
  today: string;
}
