// The exposures of an answer: that it was composed by a player's variants, and how it turned out.

import type { Assignment } from '../../models/contracts/assignment.ts';
import type { Exposure, InterleavedRow } from '../../models/contracts/experiment.ts';
import type { Served } from '../serving/climb.ts';
import type { HydratedRequest } from '../serving/hydrate.ts';
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
  return [...experiments, ...listInterleaved(composed, interleaved)].map((assignment) => ({
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

/**
 * A player of an interleaved row counts as one of the control, from then on: clicks are credited to either variant. So
 * does one whose row could not be interleaved, which `failed` tells.
 */
const listInterleaved = (
  { plan: { assigned }, hasFailed }: Pick<HydratedRequest, 'plan' | 'hasFailed'>,
  interleaved: InterleavedRow | undefined,
): Assignment[] =>
  assigned.flatMap(({ experiment: { experimentId, kind }, variant, counts }) =>
    experimentId === interleaved?.experimentId || (hasFailed && counts && kind === 'interleaving')
      ? { experimentId, variant: variant.id }
      : [],
  );
