// Splits by player: training never sees the players of the validation and the test. They are drawn by their ids alone:
// the same seed gives the same players, regardless of the others.

import { isHeldOut } from '../data/hold-out.ts';
import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';

const TEST_SHARE = 0.1;
/** Share of all players, the test's included: the others are the validation's. */
const UNSEEN_SHARE = 0.2;

export interface UnseenPlayerRules {
  /** Players with fewer have no cases. */
  interactionsMin: number;
  /** True if players with fewer are trained on. */
  trainsOnShort: boolean;
  /** The cases of a player with rows from `start` up to `end`: each history ends at `cut`, its targets at `end`. */
  listCuts(start: number, end: number, part: 'test' | 'validation'): { cut: number; end: number }[];
}

export function splitUnseenPlayers(
  all: Interactions,
  seed: number,
  { interactionsMin, trainsOnShort, listCuts }: UnseenPlayerRules,
): Split {
  const ends = all.ends.slice();
  const cases: Record<'test' | 'validation', EvaluationCase[]> = { test: [], validation: [] };
  let leftOut = 0;
  all.userIds.forEach((userId, user) => {
    const part = assignPart(userId, seed);
    if (part === undefined) return;
    const [start, end] = [all.starts[user]!, all.ends[user]!];
    const isShort = end - start < interactionsMin;
    if (!isShort || !trainsOnShort) ends[user] = start;
    if (!isShort)
      for (const rows of listCuts(start, end, part))
        cases[part].push(createEvaluationCase(all, { start, ...rows }, all.timestamps[rows.cut]!));
    else if (part === 'test') leftOut++;
  });
  return { training: { ...all, ends }, ...cases, leftOut };
}

/** Undefined for a player to train on. */
function assignPart(userId: string, seed: number): 'test' | 'validation' | undefined {
  const draw = `${seed}/${userId}`;
  if (!isHeldOut(draw, UNSEEN_SHARE)) return undefined;
  return isHeldOut(draw, TEST_SHARE) ? 'test' : 'validation';
}
