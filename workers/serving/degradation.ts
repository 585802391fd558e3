// Makes degradations of errors and of failed cache refreshes. In words they appear only in the answer.

import type { Degradation, DegradedStep } from '../../models/contracts/gallery.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';

export const toDegradation = (step: DegradedStep, error: unknown): Degradation => ({
  step,
  reason: (error as Error).message,
});

export const settle = <T>(step: DegradedStep, promise: Promise<T>): Promise<Result<T, Degradation>> =>
  promise.then(ok, (error) => fail(toDegradation(step, error)));

/** The failed ones of what was loaded. */
export const listFailures = (
  loaded: Partial<Record<DegradedStep, { failure: string | undefined } | undefined>>,
): Degradation[] =>
  Object.entries(loaded).flatMap(([step, value]) =>
    value?.failure === undefined ? [] : { step: step as DegradedStep, reason: value.failure },
  );
