// The plan of one answer: the settings, the policy and the release of the player's variants, or the defaults without
// experiments. It composes nothing and reads no store.

import { type AlgorithmSettings, DEFAULT_SETTINGS } from '../../models/contracts/algorithm-settings.ts';
import type { Assignment } from '../../models/contracts/assignment.ts';
import type { RequestContext } from '../../models/contracts/context.ts';
import type { Experiment, Variant } from '../../models/contracts/experiment.ts';
import type { Policy } from '../../models/contracts/policy.ts';
import { assign } from '../../models/experiments/assignment.ts';
import { hasInAudience } from '../../models/experiments/audience.ts';

/** A player's variant of an experiment. */
export interface Assigned {
  experiment: Experiment;
  variant: Variant;
  /** False for players of a variant that was stopped: they see the control, and count for nothing. */
  counts: boolean;
}

export interface Plan {
  settings: AlgorithmSettings;
  policy: Policy;
  /** Version of the release; undefined for the current one. */
  release: string | undefined;
  assigned: readonly Assigned[];
  /** The variant that takes turns with the control in the first row, if the player is in such an experiment. */
  rival: { experiment: Experiment; variant: Variant } | undefined;
}

export interface PlayerInContext {
  userId: string;
  context: RequestContext;
  /** True without history. */
  isNewUser: boolean;
}

/** `policy`: the one that the request asks for. Variants of different layers add up; of two policies the last holds. */
export function createPlan(policy: Policy, assigned: readonly Assigned[] = []): Plan {
  const plan: Plan = { settings: DEFAULT_SETTINGS, policy, release: undefined, assigned, rival: findRival(assigned) };
  for (const { variant } of assigned) {
    if (variant.settings !== undefined) plan.settings = { ...plan.settings, ...variant.settings };
    plan.policy = variant.policy ?? plan.policy;
    plan.release = variant.release ?? plan.release;
  }
  return plan;
}

/** At most one such experiment: a row has two teams. */
function findRival(assigned: readonly Assigned[]): Plan['rival'] {
  const interleaved = assigned.find(({ experiment, counts }) => experiment.kind === 'interleaving' && counts);
  if (interleaved === undefined) return undefined;
  const { experiment } = interleaved;
  const variant = experiment.variants.find((one) => one !== experiment.variants[0] && !one.isShadow);
  return variant && { experiment, variant };
}

/** The plan with another variant of an experiment, and without turns. */
export const replaceVariant = (plan: Plan, experiment: Experiment, variant: Variant): Plan => ({
  ...createPlan(
    'full',
    plan.assigned.map((one) => (one.experiment === experiment ? { ...one, variant } : one)),
  ),
  rival: undefined,
});

/** `experiments`: those that are started. `now`: epoch milliseconds. */
export const assignVariants = (player: PlayerInContext, experiments: readonly Experiment[], now: number): Assigned[] =>
  experiments.flatMap((experiment) => assignVariant(player, experiment, now) ?? []);

function assignVariant(player: PlayerInContext, experiment: Experiment, now: number): Assigned | undefined {
  const { kind, slice, variants, stoppedVariants } = experiment;
  const { userId, context, isNewUser } = player;
  if (slice === null || !hasInAudience(experiment, { ...context, isNewUser }, now)) return undefined;
  const assigned = assign(userId, { ...experiment, slice });
  const variant = variants.find(({ id }) => id === assigned);
  if (variant === undefined) return undefined;
  const control = variants[0]!;
  if (kind === 'interleaving') return { experiment, variant: control, counts: stoppedVariants.length === 0 };
  const isStopped = stoppedVariants.some(({ id }) => id === variant.id);
  return isStopped ? { experiment, variant: control, counts: false } : { experiment, variant, counts: true };
}

/** Puts the named variants in the place of the player's own. Leaves out experiments and variants that do not exist. */
export function forceVariants(
  assigned: readonly Assigned[],
  forced: readonly Assignment[],
  experiments: readonly Experiment[],
): Assigned[] {
  const named = forced.flatMap(({ experimentId, variant: id }) => {
    const experiment = experiments.find((one) => one.experimentId === experimentId);
    const variant = experiment?.variants.find((one) => one.id === id);
    return experiment === undefined || variant === undefined ? [] : [{ experiment, variant, counts: true }];
  });
  const isNamed = ({ experiment }: Assigned) => named.some((one) => one.experiment === experiment);
  return [...assigned.filter((one) => !isNamed(one)), ...named];
}
