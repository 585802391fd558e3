// Strong generalisation: players of whom training saw nothing. The earlier part of their choices is given, the rest is
// asked for. Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering", but cut by time, not at random.

import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';
import { assignPart } from './unseen-players.ts';

const GIVEN_SHARE = 0.8;
/** From here on 80% given leaves something to ask for. */
const CHOICES_MIN = 5;

/** The same seed gives the same players, whatever other players there are. Those with less than five choices are learnt from. */
export function splitStrongGeneralisation(all: Interactions, seed: number): Split {
  const ends = all.ends.slice();
  const validation: EvaluationCase[] = [];
  const test: EvaluationCase[] = [];
  let leftOut = 0;
  all.userIds.forEach((userId, user) => {
    const part = assignPart(userId, seed);
    if (part === undefined) return;
    const [start, end] = [all.starts[user]!, all.ends[user]!];
    if (end - start < CHOICES_MIN) {
      if (part === 'test') leftOut++;
      return;
    }
    const cut = start + Math.floor(GIVEN_SHARE * (end - start));
    (part === 'test' ? test : validation).push(createEvaluationCase(all, { start, cut, end }, all.timestamps[cut]!));
    ends[user] = start;
  });
  return { training: { ...all, ends }, validation, test, leftOut };
}
