// Moves canaries of releases on, as models/experiments/canary.ts decides: starts the one that a training asked for,
// shows it to more players, puts its release into use, or ends it. Guardrails are tested in watch-experiments.ts.

import type { Experiment } from '../../models/contracts/experiment.ts';
import type { ReleasePointer } from '../../models/contracts/release.ts';
import {
  type CanaryDecision,
  decideCanary,
  failCanary,
  isUnseen,
  raiseCanary,
  releaseOf,
} from '../../models/experiments/canary.ts';
import { stopExperiment } from '../../models/experiments/lifecycle.ts';
import { listMoments } from '../../models/experiments/tally.ts';
import { logError } from '../logging/log.ts';
import { startCanary } from '../storage/canaries.ts';
import { clearCanaryRequest, type WaitingRequest } from '../storage/canary-request.ts';
import { readTally } from '../storage/experiment-totals.ts';
import { changeExperiment, readExperiment } from '../storage/experiments.ts';
import { HOUR_MS } from '../storage/hour.ts';
import { readMetricSums } from '../storage/metric-counts.ts';
import { activateRelease } from '../storage/release-list.ts';
import { readStoredPointer } from '../storage/release-pointer.ts';
import type { ReleaseEnv } from '../storage/releases.ts';

/** Fewer answers of the store may all be of players outside the canary. */
const ANSWERS_MIN = 1_000;

export type CanaryEnv = ReleaseEnv & Pick<Env, 'DB'>;

/**
 * Starts the canary that a training asked for. A request that cannot be met is logged and dropped. True if it was
 * started. `now`: epoch milliseconds.
 */
export async function startRequested(env: CanaryEnv, request: WaitingRequest, now: number): Promise<boolean> {
  const started = await startCanary(env, request, now);
  if (!started.ok) logError('canary not started', { release: request.version, reason: started.error.reason });
  await clearCanaryRequest(env.BUCKET, request);
  return started.ok;
}

/** True if the canary was changed. `now`: epoch milliseconds. */
export async function moveCanary(env: CanaryEnv, { experimentId }: Experiment, now: number): Promise<boolean> {
  // A guardrail may have stopped it just now.
  const canary = (await readExperiment(env.DB, experimentId))?.experiment;
  if (canary?.state !== 'running') return false;
  const next = await decideNext(env, canary, now);
  return next !== undefined && changeExperiment(env.DB, experimentId, next);
}

type Change = (canary: Experiment) => Experiment;

async function decideNext(env: CanaryEnv, canary: Experiment, now: number): Promise<Change | undefined> {
  const { pointer } = await readStoredPointer(env.BUCKET);
  const version = releaseOf(canary);
  if (pointer?.version === version) return stopWith(`“${version}” is in use`, now);
  if (pointer !== undefined && Date.parse(pointer.movedAt) > Date.parse(canary.startedAt!))
    return stopWith('another release was put into use meanwhile, so the players were compared with two', now);
  const decision = await decide(env.DB, canary, now);
  switch (decision.kind) {
    case 'wait':
      return undefined;
    case 'raise':
      return (experiment) => (experiment.state === 'running' ? raiseCanary(experiment, decision.share) : experiment);
    case 'stop':
      logError('canary stopped', { release: version, reason: decision.reason });
      return (experiment) => failCanary(experiment, decision.reason, now);
    case 'finish':
      return putIntoUse(env, version, pointer, now);
  }
}

/** A release that no isolate can load is seen by nobody, and so is the control beside it. */
async function decide(db: D1Database, canary: Experiment, now: number): Promise<CanaryDecision> {
  const moments = listMoments(await readTally(db, canary.experimentId));
  if (!isUnseen(canary, moments, now)) return decideCanary(canary, moments);
  // Counts are by the hour: this one is the first of which all is after the start.
  const from = Date.parse(canary.startedAt!) + HOUR_MS;
  const [answers] = await readMetricSums(db, { metrics: ['answers'], from, to: now });
  return (answers?.value ?? 0) < ANSWERS_MIN
    ? { kind: 'wait' }
    : { kind: 'stop', reason: 'no player has been given an answer in it: the release cannot be loaded' };
}

/** `found`: the pointer by which it was decided. If somebody has changed it since, the next run decides anew. */
async function putIntoUse(
  env: CanaryEnv,
  version: string,
  found: ReleasePointer | undefined,
  now: number,
): Promise<Change | undefined> {
  if (found?.pinned) return stopWith('it is as good, but the release in use is pinned', now);
  const mayMove = (pointer: ReleasePointer | undefined) => pointer?.movedAt === found?.movedAt && !pointer?.pinned;
  const activated = await activateRelease(env, version, now, { mayMove });
  if (activated.ok) return stopWith('it is as good, and now in use', now);
  const { pointer } = await readStoredPointer(env.BUCKET);
  return mayMove(pointer) ? stopWith(activated.error.reason, now) : undefined;
}

const stopWith =
  (reason: string, now: number): Change =>
  (experiment) => {
    const stopped = stopExperiment(experiment, reason, now);
    return stopped.ok ? stopped.value : experiment;
  };
