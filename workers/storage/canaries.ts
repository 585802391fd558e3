// Starts the canary of a release. What becomes of it: workers/offline/watch-canaries.ts.

import { EXPERIMENTS_MAX, type Experiment } from '../../models/contracts/experiment.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { draftCanary, isCanary } from '../../models/experiments/canary.ts';
import { startExperiment } from '../../models/experiments/lifecycle.ts';
import type { CanaryRequest } from './canary-request.ts';
import { readExperiment, readExperiments, writeExperiment, writeStarted } from './experiments.ts';
import { type Refusal, readWholeRelease } from './release-list.ts';
import { readStoredPointer } from './release-pointer.ts';
import type { ReleaseEnv } from './releases.ts';

type CanaryEnv = ReleaseEnv & Pick<Env, 'DB'>;

/** The started canary; publish the state next. `now`: epoch milliseconds. Throws if a store fails. */
export async function startCanary(
  env: CanaryEnv,
  { version, share }: CanaryRequest,
  now: number,
): Promise<Result<Experiment, Refusal>> {
  const named = await readWholeRelease(env, version);
  if (!named.ok) return named;
  const { pointer } = await readStoredPointer(env.BUCKET);
  if (pointer === undefined) return refuse('no release is in use that it could be compared with');
  if (pointer.version === version) return refuse(`“${version}” is in use already`);
  const canary = draftCanary(version, share, now);
  const running = await readExperiments(env.DB, 'running');
  const others = running.map(({ experiment }) => experiment);
  const other = others.find(isCanary);
  if (other !== undefined) return refuse(`“${other.experimentId}” is running`);
  const started = startExperiment(canary, others, named.value, now);
  if (!started.ok) return refuse(started.error);
  const revision = await writeDraft(env.DB, canary, now);
  if (revision === undefined)
    return refuse(`“${canary.experimentId}” has ended before, or there are ${EXPERIMENTS_MAX} experiments: delete one`);
  if (await writeStarted(env.DB, started.value, revision, running)) return ok(started.value);
  return refuse('other experiments were started meanwhile; try again');
}

/** Returns its revision. The draft of an earlier attempt is replaced. */
async function writeDraft(db: D1Database, canary: Experiment, now: number): Promise<number | undefined> {
  const stored = await readExperiment(db, canary.experimentId);
  if (stored !== undefined && stored.experiment.state !== 'draft') return undefined;
  if (stored !== undefined) return stored.revision;
  return (await writeExperiment(db, canary, undefined, EXPERIMENTS_MAX, now)) ? 1 : undefined;
}

const refuse = (reason: string): Result<never, Refusal> =>
  fail({ isMissing: false, reason: `No canary is started: ${reason}.` });
