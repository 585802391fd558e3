// Fatigue: an item that was passed over repeatedly sinks. It loses ranks, because a factor would reverse a flat list of
// scores and hardly change a steep one (docs/decisions/0012). For the prior only: the ranking model reads the number of
// times as a feature, so fatigue would count it twice.

/**
 * Returns the candidates in their new order, and writes the score of its new rank to each. `ranked`: best first.
 * `scores`: by candidate. `ranksPerPass`: ranks lost each time. `countPassedOver`: how often a candidate was passed
 * over (models/features/shown.ts).
 */
export function sinkPassedOver(
  ranked: readonly number[],
  scores: Float64Array,
  ranksPerPass: number,
  countPassedOver: (candidate: number) => number,
): number[] {
  const before = ranked.map((candidate) => scores[candidate]!);
  return ranked
    .map((candidate, rank) => {
      const ranks = ranksPerPass * countPassedOver(candidate);
      scores[candidate] = scoreAt(before, rank + ranks);
      return { candidate, rank: rank + ranks, ranks };
    })
    .sort((a, b) => a.rank - b.rank || a.ranks - b.ranks)
    .map(({ candidate }) => candidate);
}

/** Interpolates between the scores of two ranks; beyond the last rank, scores approach 0. */
function scoreAt(scores: readonly number[], rank: number): number {
  const above = Math.min(Math.floor(rank), scores.length - 1);
  const score = scores[above]!;
  const below = scores[above + 1];
  return below === undefined ? (score * scores.length) / (1 + rank) : score + (rank - above) * (below - score);
}
