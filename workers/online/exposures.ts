// The exposures of an answer: that it was composed by a player's variants, and how it turned out.

import type { Exposure } from '../../models/contracts/experiment.ts';
import type { Served } from '../serving/climb.ts';
import type { AnswerRequest } from './context.ts';

/** `isEmpty`: true if the answer shows nothing. `now`: epoch milliseconds. */
export function listExposures(
  { answer, input, composed }: Served<object>,
  { userId, budget }: Pick<AnswerRequest, 'userId' | 'budget'>,
  isEmpty: boolean,
  now: number,
): Exposure[] {
  const { experiments, recommendationId, degraded } = answer;
  if (composed === undefined || userId === undefined) return [];
  const elapsedMs = budget.getElapsedMs();
  return experiments.map((assignment) => ({
    ...assignment,
    userId,
    recommendationId,
    at: now,
    isNewUser: input.user.history.length === 0,
    degraded: degraded.length > 0,
    isEmpty,
    failed: composed.hasFailed,
    elapsedMs,
  }));
}
