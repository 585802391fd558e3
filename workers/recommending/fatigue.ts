// Fatigue: an item that was passed over repeatedly sinks. It loses ranks, because a factor would reverse a flat list of
// scores and hardly change a steep one (docs/decisions/0012). For the prior only: the ranking model reads the number of
// times as a feature, so fatigue would count it twice.

import type { ScoredCandidate } from './candidates.ts';

/** Half of a row: an item passed over once sinks within its page, one passed over three times leaves it. */
const RANKS_PER_PASS = 6;

/**
 * `ranked`: best first. `countPassedOver`: how often a candidate was passed over (models/features/shown.ts). Returns
 * the candidates in their new order, each with the score of its new rank.
 */
export const sinkPassedOver = <T extends Pick<ScoredCandidate, 'score'>>(
  ranked: readonly T[],
  countPassedOver: (candidate: T) => number,
): T[] =>
  ranked
    .map((candidate, rank) => {
      const ranks = RANKS_PER_PASS * countPassedOver(candidate);
      return { candidate: { ...candidate, score: scoreAt(ranked, rank + ranks) }, rank: rank + ranks, ranks };
    })
    .sort((a, b) => a.rank - b.rank || a.ranks - b.ranks)
    .map(({ candidate }) => candidate);

/** Interpolates between the scores of two ranks; beyond the last rank, scores approach 0. */
function scoreAt(ranked: readonly Pick<ScoredCandidate, 'score'>[], rank: number): number {
  const above = Math.min(Math.floor(rank), ranked.length - 1);
  const { score } = ranked[above]!;
  const below = ranked[above + 1]?.score;
  return below === undefined ? (score * ranked.length) / (1 + rank) : score + (rank - above) * (below - score);
}
