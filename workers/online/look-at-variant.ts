// The query parameter with which an admin looks at an answer by variants other than the player's own, and its problems.

import { z } from '@hono/zod-openapi';
import type { Assignment } from '../../models/contracts/assignment.ts';
import type { Served } from '../serving/climb.ts';
import { listUnknown } from '../serving/plan-answer.ts';
import { type Caller, hasScope } from './caller.ts';
import { ProblemError } from './problems.ts';

const LOOKED_AT_MAX = 20;
const NAME_LENGTH_MAX = 130;

const toAssignment = (name: string): Assignment => {
  const [experimentId = '', variant = ''] = name.split(':');
  return { experimentId, variant };
};

export const VariantNames = z
  .string()
  .max(LOOKED_AT_MAX * NAME_LENGTH_MAX)
  .transform((value) => value.split(','))
  .refine((names) => names.every((name) => /^[^:]+:[^:]+$/.test(name)), 'must be “EXPERIMENT:VARIANT”')
  .transform((names) => names.map(toAssignment))
  .optional()
  .meta({
    type: 'string',
    description:
      '`EXPERIMENT:VARIANT`, several separated by commas: the player’s answer by these variants of started ' +
      'experiments, shadows included. Such an answer is neither counted nor logged. It needs a key with the scope ' +
      '`admin`.',
  });

/** Throws `forbidden` unless the caller is an admin. */
export function refuseLook(variants: readonly Assignment[] | undefined, caller: Caller): void {
  if (variants === undefined || (caller.kind === 'key' && hasScope(caller, 'admin'))) return;
  throw new ProblemError('forbidden', '“variant” needs a key with the scope “admin”; leave it out.');
}

/** Throws if the answer was not made by these variants: it would show something other than what was asked for. */
export function assertLooked(variants: readonly Assignment[], { composed }: Served<object>): void {
  const [unknown] = listUnknown(variants);
  if (unknown !== undefined)
    throw new ProblemError(
      'invalid-input',
      `No started experiment has the variant “${unknown.experimentId}:${unknown.variant}”.`,
    );
  const isUsed = ({ experimentId, variant }: Assignment) =>
    composed?.plan.assigned.some((one) => one.experiment.experimentId === experimentId && one.variant.id === variant);
  if (composed?.hasFailed || !variants.every(isUsed))
    throw new ProblemError('unavailable', 'The variants could not be used: a release is still loading, or one failed.');
}
