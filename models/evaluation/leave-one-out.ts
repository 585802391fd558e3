// Leave-one-out: a player's last choice is the test, the one before it the validation. Training sees neither; the history
// of the test holds the validation's choice, as it would on that day.

import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';

/** One to learn from, one to choose by, one to report. */
const CHOICES_MIN = 3;

/**
 * Asks the players that `isHeldOut` names and that have at least `choicesMin`. Where that is 2, those who have two are
 * asked for the second alone: nothing comes before their validation.
 */
export function splitLeaveOneOut(
  all: Interactions,
  isHeldOut: (userId: string) => boolean = () => true,
  choicesMin = CHOICES_MIN,
): Split {
  const ends = all.ends.slice();
  const validation: EvaluationCase[] = [];
  const test: EvaluationCase[] = [];
  let leftOut = 0;
  all.userIds.forEach((userId, user) => {
    if (!isHeldOut(userId)) return;
    const [start, end] = [all.starts[user]!, all.ends[user]!];
    if (end - start < choicesMin) {
      leftOut++;
      return;
    }
    const askLast = (before: number) =>
      createEvaluationCase(all, { start, cut: before - 1, end: before }, all.timestamps[before - 1]!);
    test.push(askLast(end));
    ends[user] = end - 1;
    if (end - start < CHOICES_MIN) return;
    validation.push(askLast(end - 1));
    ends[user] = end - 2;
  });
  return { training: { ...all, ends }, validation, test, leftOut };
}
