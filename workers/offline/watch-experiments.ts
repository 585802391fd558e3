// Job: counts what the players of experiments did, and acts on it: stops a variant that breaches a guardrail, ends an
// experiment whose time is over, and moves canaries on. Does not tell anybody: alerts read the experiments.

import type { Experiment } from '../../models/contracts/experiment.ts';
import type { GuardrailReport } from '../../models/contracts/experiment-report.ts';
import { isCanary } from '../../models/experiments/canary.ts';
import { stopExperiment } from '../../models/experiments/lifecycle.ts';
import { testGuardrails } from '../../models/experiments/report.ts';
import { listMoments } from '../../models/experiments/tally.ts';
import { MomentSums } from '../../models/experiments/variant-moments.ts';
import { logError } from '../logging/log.ts';
import { readCanaryRequest } from '../storage/canary-request.ts';
import { deleteCursors, readTally } from '../storage/experiment-totals.ts';
import { changeExperiment, readRunningExperiments } from '../storage/experiments.ts';
import { hasExposures } from '../storage/exposures.ts';
import { withLease } from '../storage/leases.ts';
import { type LogBindings, listLogShards } from '../storage/log-shards.ts';
import { publishState } from '../storage/publish-state.ts';
import type { Stores } from '../storage/stores.ts';
import { countPage } from './count-experiments.ts';
import { type CanaryEnv, moveCanary, startRequested } from './watch-canaries.ts';

type WatchEnv = Stores & LogBindings & CanaryEnv;

/** The job is due each minute, with 30 seconds of CPU. */
const COUNT_MS_MAX = 25_000;

/** Returns the number of experiments that it changed. `now`: epoch milliseconds. */
export async function watchExperiments(env: WatchEnv, now: number): Promise<number> {
  const running = await readRunningExperiments(env.DB);
  if (running.length === 0 && !(await hasExposures(env.DB)) && (await readCanaryRequest(env.BUCKET)) === undefined)
    return 0;
  const watched = await withLease(env.DB, 'watch experiments', () => watch(env, running, now));
  return watched?.result ?? 0;
}

/** A step that fails stops no other: guardrails hold whatever else is broken. Throws the first failure in the end. */
async function watch(env: WatchEnv, running: readonly Experiment[], now: number): Promise<number> {
  const failures: unknown[] = [];
  let changes = 0;
  const attempt = async (step: Promise<boolean>) => {
    try {
      if (await step) changes++;
    } catch (error) {
      failures.push(error);
    }
  };
  await attempt(count(env, running, now));
  for (const { experimentId } of running) await attempt(judge(env.DB, experimentId, now));
  for (const experiment of running) if (isCanary(experiment)) await attempt(moveCanary(env, experiment, now));
  if (!running.some(isCanary)) await attempt(startWaiting(env, now));
  if (changes > 0) await publishState(env, now, true);
  if (failures.length > 0) throw failures[0];
  return changes;
}

/** Changes no experiment. */
async function count(env: WatchEnv, running: readonly Experiment[], now: number): Promise<false> {
  const startedAt = Date.now();
  const shards = listLogShards(env);
  while ((await countPage(env.DB, shards, now)) && Date.now() - startedAt < COUNT_MS_MAX);
  if (running.length === 0) await deleteCursors(env.DB);
  return false;
}

async function startWaiting(env: WatchEnv, now: number): Promise<boolean> {
  const request = await readCanaryRequest(env.BUCKET);
  return request !== undefined && (await startRequested(env, request, now));
}

/** True if the experiment was changed. */
async function judge(db: D1Database, experimentId: string, now: number): Promise<boolean> {
  const sums = new MomentSums(listMoments(await readTally(db, experimentId)));
  return changeExperiment(db, experimentId, (experiment) => {
    if (experiment.state !== 'running') return experiment;
    const breached = testGuardrails(experiment, sums).filter(({ isBreached }) => isBreached);
    return endOverdue(stopVariants(experiment, breached, now), now);
  });
}

/** Stops the variants that breach a guardrail, and the experiment if only its control is left. */
export function stopVariants(experiment: Experiment, breached: readonly GuardrailReport[], now: number): Experiment {
  const { variants, stoppedVariants } = experiment;
  const isStopped = (id: string) => stoppedVariants.some((one) => one.id === id);
  const harmful = [...Map.groupBy(breached, ({ variant }) => variant)].filter(([id]) => !isStopped(id));
  if (harmful.length === 0) return experiment;
  const at = new Date(now).toISOString();
  const stopped = harmful.map(([id, guardrails]) => ({ id, reason: guardrails.map(explainBreach).join('; '), at }));
  for (const { id, reason } of stopped)
    logError('variant stopped', { experiment: experiment.experimentId, variant: id, reason });
  const changed = { ...experiment, stoppedVariants: [...stoppedVariants, ...stopped] };
  const left = variants.filter(
    ({ id, isShadow }) => !isShadow && !changed.stoppedVariants.some((one) => one.id === id),
  );
  return left.length > 1 ? changed : stop(changed, 'every variant but the control was stopped by a guardrail', now);
}

const explainBreach = ({ metric, value, control, limit }: GuardrailReport): string =>
  control === null
    ? `${metric} ${formatValue(value)}: more than ${limit}`
    : `${metric} ${formatValue(value)}, the control’s ${formatValue(control)}: worse by more than ${100 * limit}%`;

const formatValue = (value: number | null): string => (value === null ? 'unknown' : value.toPrecision(3));

function endOverdue(experiment: Experiment, now: number): Experiment {
  const { state, endsAt } = experiment;
  if (state !== 'running' || endsAt === null || Date.parse(endsAt) > now) return experiment;
  return stop(experiment, 'its time is over', now);
}

/** Leaves an experiment alone that does not run. */
function stop(experiment: Experiment, reason: string, now: number): Experiment {
  const stopped = stopExperiment(experiment, reason, now);
  return stopped.ok ? stopped.value : experiment;
}
