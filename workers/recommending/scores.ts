// Turns what is known of a candidate into one number: the model's score, leaned towards the genres of the moment and,
// by a little, towards what is popular.

import type { Candidate } from './candidates.ts';
import type { Moment } from './moment.ts';

// Both leans multiply. A transformer's tenth game may score a tenth of its first, a table's nine tenths: what is added
// would turn the one list over and hardly touch the other. By a factor a game overtakes only those that the model finds
// about as good, however steeply its scores fall.

/** A game wholly of the player's one genre gains this part of its score over one of none: less than what a clear choice is ahead by. */
const AFFINITY_WEIGHT = 0.75;
const POPULARITY_WEIGHT = 0.05;
/** Added to every score, so that the leans order also those that nobody has chosen yet. */
const SCORE_MIN = 0.01;
/** From this share on a genre is worth naming as a reason. */
const STRONG_SHARE = 0.2;

/** Scores and sorts, best first. */
export function scorePersonally(candidates: readonly Candidate[], { affinity, popularity }: Moment): Candidate[] {
  const shares = new Map(affinity.map(({ genre, share }) => [genre, share]));
  return candidates
    .map(({ item, score, reason }) => {
      const lean = item.genres.reduce((sum, genre) => sum + (shares.get(genre) ?? 0), 0);
      const strongest = item.genres.find((genre) => (shares.get(genre) ?? 0) >= STRONG_SHARE);
      return {
        item,
        score:
          (score + SCORE_MIN) *
          (1 + AFFINITY_WEIGHT * Math.min(1, lean) + POPULARITY_WEIGHT * (popularity.get(item.itemId) ?? 0)),
        reason: strongest === undefined ? reason : `${reason}, and you like ${strongest}`,
      };
    })
    .sort((a, b) => b.score - a.score);
}
