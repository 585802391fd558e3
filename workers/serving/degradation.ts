// Turns errors and failed cache refreshes into degradations, which are shown in the answer only.

import type { Degradation, DegradedStep } from '../../models/contracts/gallery.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';

export const toDegradation = (step: DegradedStep, error: unknown): Degradation => ({
  step,
  reason: (error as Error).message,
});

export const settle = <T>(step: DegradedStep, promise: Promise<T>): Promise<Result<T, Degradation>> =>
  promise.then(ok, (error) => fail(toDegradation(step, error)));

/** Returns a degradation for each loaded value whose refresh failed. */
export const listFailures = (
  loaded: Partial<Record<DegradedStep, { failure: string | undefined } | undefined>>,
): Degradation[] =>
  Object.entries(loaded).flatMap(([step, value]) =>
    value?.failure === undefined ? [] : { step: step as DegradedStep, reason: value.failure },
  );
