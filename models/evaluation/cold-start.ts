// How soon a newcomer's recommendations become the player's own: players of whom training saw nothing, asked what they
// choose next after each of their first few choices. The same players at every step, so that the steps compare.

import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';
import { assignPart } from './unseen-players.ts';

/** How many choices are known when the next one is asked for. */
export const EVENTS_SEEN = [0, 1, 2, 3, 5, 10] as const;
const CHOICES_MIN = Math.max(...EVENTS_SEEN) + 1;

/**
 * One question for each step and player; a question's history is as long as its step says. Who has fewer choices than the
 * last step asks for is left out, held out all the same. Nothing is chosen by questions without a history.
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
    if (end - start < CHOICES_MIN) {
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
