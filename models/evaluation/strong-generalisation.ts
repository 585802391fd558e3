// Strong generalisation: players that training never sees. The earlier part of their interactions is the history, the
// rest are targets. Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering", but cut by time, not at
// random.

import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';
import { assignPart } from './unseen-players.ts';

const HISTORY_SHARE = 0.8;
/** Fewer would leave no target after 80%. */
const INTERACTIONS_MIN = 5;

/**
 * The same seed draws the same players, regardless of the others. Those with fewer than five interactions are trained
 * on.
 */
export function splitStrongGeneralisation(all: Interactions, seed: number): Split {
  const ends = all.ends.slice();
  const validation: EvaluationCase[] = [];
  const test: EvaluationCase[] = [];
  let leftOut = 0;
  all.userIds.forEach((userId, user) => {
    const part = assignPart(userId, seed);
    if (part === undefined) return;
    const [start, end] = [all.starts[user]!, all.ends[user]!];
    if (end - start < INTERACTIONS_MIN) {
      if (part === 'test') leftOut++;
      return;
    }
    const cut = start + Math.floor(HISTORY_SHARE * (end - start));
    (part === 'test' ? test : validation).push(createEvaluationCase(all, { start, cut, end }, all.timestamps[cut]!));
    ends[user] = start;
  });
  return { training: { ...all, ends }, validation, test, leftOut };
}
