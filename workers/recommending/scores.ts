// Turns what is known of a candidate into one number: the model's score, leaned towards the genres of the moment and,
// by a little or as the player asks, towards what is popular; then what the store's rules say.

import type { Candidate, ScoredCandidate } from './candidates.ts';
import type { Moment } from './moment.ts';
import type { RuleEffects } from './rules.ts';

// All leans multiply. A transformer's tenth game may score a tenth of its first, a table's nine tenths: what is added
// would turn the one list over and hardly touch the other. By a factor a game overtakes only those that the model finds
// about as good, however steeply its scores fall.

/** A game wholly of the player's one genre gains this part of its score over one of none: less than what a clear choice is ahead by. */
const AFFINITY_WEIGHT = 0.75;
const POPULARITY_WEIGHT = 0.05;
/** The dial at its end makes the most popular game this many times the better, or the worse, against one that nobody knows. */
const DIAL_FACTOR = 20;
/** Added to every score, so that the leans order also those that nobody has chosen yet. */
const SCORE_MIN = 0.01;
/** From this share on a genre is worth naming as a reason. */
const STRONG_SHARE = 0.2;

/** Scores and sorts, best first. */
export function scoreCandidates(
  candidates: Iterable<Candidate>,
  { affinity, popularity, personal, view }: Moment,
  rules: RuleEffects,
): ScoredCandidate[] {
  const shares = new Map(affinity.map(({ genre, share }) => [genre, share]));
  const base = personal === null ? 'popular' : 'retrieval';
  const dial = view.preferences.popularity * Math.log(DIAL_FACTOR);
  return Array.from(candidates, (candidate): ScoredCandidate => {
    const { item, sources } = candidate;
    const lean = item.genres.reduce((sum, genre) => sum + (shares.get(genre) ?? 0), 0);
    const strongest = item.genres.find((genre) => (shares.get(genre) ?? 0) >= STRONG_SHARE);
    const popular = popularity.get(item.itemId) ?? 0;
    const reason = (sources[base] ?? Object.values(sources)[0])?.reason ?? '';
    return {
      ...candidate,
      score:
        ((sources[base]?.score ?? 0) + SCORE_MIN) *
        (1 + AFFINITY_WEIGHT * Math.min(1, lean) + POPULARITY_WEIGHT * popular) *
        // The square root: popularity falls so steeply that most games would look unknown.
        Math.exp(dial * (Math.sqrt(popular) - 0.5)) *
        rules.weigh(item).factor,
      reason: strongest === undefined ? reason : `${reason}, and you like ${strongest}`,
    };
  }).sort((a, b) => b.score - a.score || (a.item.itemId < b.item.itemId ? -1 : 1));
}
