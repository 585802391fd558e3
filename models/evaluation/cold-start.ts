// The cold-start protocol: how soon recommendations fit a player without history. For players that training never sees,
// a case after each of their first few interactions: the same players at every step, so that the steps compare.

import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';
import { assignPart } from './unseen-players.ts';

/** Lengths of the history, in interactions, for which the next one is the target. */
export const EVENTS_SEEN = [0, 1, 2, 3, 5, 10] as const;
const INTERACTIONS_MIN = Math.max(...EVENTS_SEEN) + 1;

/**
 * Builds a case for each held-out player and element of EVENTS_SEEN. Players with too few interactions for the last
 * step have no cases, but training does not see them either. The validation has no cases without a history.
 */
export function splitColdStart(all: Interactions, seed: number): Split {
  const ends = all.ends.slice();
  const validation: EvaluationCase[] = [];
  const test: EvaluationCase[] = [];
  let leftOut = 0;
  all.userIds.forEach((userId, user) => {
    const part = assignPart(userId, seed);
    if (part === undefined) return;
    const [start, end] = [all.starts[user]!, all.ends[user]!];
    ends[user] = start;
    if (end - start < INTERACTIONS_MIN) {
      if (part === 'test') leftOut++;
      return;
    }
    for (const seen of EVENTS_SEEN) {
      const cut = start + seen;
      if (seen === 0 && part === 'validation') continue;
      (part === 'test' ? test : validation).push(
        createEvaluationCase(all, { start, cut, end: cut + 1 }, all.timestamps[cut]!),
      );
    }
  });
  return { training: { ...all, ends }, validation, test, leftOut };
}
