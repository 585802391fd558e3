// Decides by which plan one answer is composed, from the experiments of the published state that this isolate has read.

import type { Assignment } from '../../models/contracts/assignment.ts';
import type { Experiment } from '../../models/contracts/experiment.ts';
import { type Isolate, isolate as thisIsolate } from './isolate.ts';
import { type Assigned, assignVariants, createPlan, forceVariants, type Plan } from './plan.ts';
import type { Inputs } from './read-inputs.ts';
import type { RecommendationRequest } from './recommendation-request.ts';

/** The default plan for an unknown player, an answer that must be cheap, and one that lacks an input. */
export function planAnswer(
  { userId, context, policy = 'full', variants = [], shedReason, isolate = thisIsolate }: RecommendationRequest,
  { caches, signals, now }: Inputs,
): Plan {
  const experiments = listExperiments(isolate);
  if (experiments.length === 0 || policy !== 'full' || userId === undefined || shedReason !== undefined)
    return createPlan(policy);
  const isComplete = signals.isComplete && caches.catalogue.value !== undefined && caches.rules.value !== undefined;
  if (!isComplete) return createPlan(policy);
  const isNewUser = (signals.earlier ?? signals.user).history.length === 0;
  const own = assignVariants({ userId, context, isNewUser }, experiments, now);
  const assigned = variants.length === 0 ? own : forceVariants(own, variants, experiments);
  return createPlan(
    policy,
    assigned.filter((one) => isReady(one, isolate)),
  );
}

/** Those of the variants that no started experiment has, as far as this isolate knows. */
export const listUnknown = (variants: readonly Assignment[], isolate: Isolate = thisIsolate): Assignment[] =>
  variants.filter((one) => forceVariants([], [one], listExperiments(isolate)).length === 0);

const listExperiments = (isolate: Isolate): readonly Experiment[] =>
  isolate.state.peek().value?.parts.experiments ?? [];

/** Until the release is loaded here, nobody is in the experiment: otherwise only the control's players would be. */
const isReady = ({ experiment, variant }: Assigned, isolate: Isolate): boolean =>
  [variant, ...experiment.variants.filter(({ isShadow }) => !isShadow)].every(
    ({ release }) => release === undefined || isolate.findRelease(release) !== undefined,
  );
