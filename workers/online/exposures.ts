// The exposures of an answer: that it was composed by a player's variants, and how it turned out.

import type { Assignment } from '../../models/contracts/assignment.ts';
import type { Exposure, InterleavedRow } from '../../models/contracts/experiment.ts';
import type { Served } from '../serving/climb.ts';
import type { Plan } from '../serving/plan.ts';
import type { AnswerRequest } from './context.ts';

/** `isEmpty`: true if the answer shows nothing. `now`: epoch milliseconds. */
export function listExposures(
  { answer, input, composed, interleaved }: Served<{ interleaved?: InterleavedRow }>,
  { userId, budget }: Pick<AnswerRequest, 'userId' | 'budget'>,
  isEmpty: boolean,
  now: number,
): Exposure[] {
  const { experiments, recommendationId, degraded } = answer;
  if (composed === undefined || userId === undefined) return [];
  const elapsedMs = budget.getElapsedMs();
  return [...experiments, ...listInterleaved(composed.plan, interleaved)].map((assignment) => ({
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

/** A player of an interleaved row counts as one of the control, from then on: clicks are credited to either variant. */
const listInterleaved = ({ assigned }: Plan, interleaved: InterleavedRow | undefined): Assignment[] =>
  assigned.flatMap(({ experiment: { experimentId }, variant }) =>
    experimentId === interleaved?.experimentId ? { experimentId, variant: variant.id } : [],
  );
