// Leave-one-out: a player's last interaction is the test, the one before it the validation. Training sees neither; the
// history of the test includes the validation's target, as it would on that day.

import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';

/** One each for training, validation and test. */
const INTERACTIONS_MIN = 3;

/**
 * Builds cases for players who pass `isHeldOut` and have at least `interactionsMin` interactions. If that is 2, players
 * with two have a test case only, because nothing would precede their validation target. Targets are later than
 * `after`, epoch milliseconds; a player with one such target has only a test case.
 */
export function splitLeaveOneOut(
  all: Interactions,
  isHeldOut: (userId: string) => boolean = () => true,
  interactionsMin = INTERACTIONS_MIN,
  after = Number.NEGATIVE_INFINITY,
): Split {
  const ends = all.ends.slice();
  const validation: EvaluationCase[] = [];
  const test: EvaluationCase[] = [];
  let leftOut = 0;
  all.userIds.forEach((userId, user) => {
    if (!isHeldOut(userId)) return;
    const [start, end] = [all.starts[user]!, all.ends[user]!];
    const mayBeTarget = (row: number) => all.timestamps[row]! > after;
    if (end - start < interactionsMin || !mayBeTarget(end - 1)) {
      leftOut++;
      return;
    }
    const createCase = (before: number) =>
      createEvaluationCase(all, { start, cut: before - 1, end: before }, all.timestamps[before - 1]!);
    test.push(createCase(end));
    ends[user] = end - 1;
    if (end - start < INTERACTIONS_MIN || !mayBeTarget(end - 2)) return;
    validation.push(createCase(end - 1));
    ends[user] = end - 2;
  });
  return { training: { ...all, ends }, validation, test, leftOut };
}
