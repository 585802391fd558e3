// A release that passes the gate but is bad for players: the one in use without its ranking model. The gate judges
// retrieval, which is the same. The Worker must take its canary back by itself.

import { randomUUID } from 'node:crypto';
import { releaseKey } from '../../models/contracts/layout.ts';
import { nameCanary } from '../../models/experiments/canary.ts';
import { readPointer } from '../../workers/storage/release-pointer.ts';
import { readStoredRelease } from '../../workers/storage/releases.ts';
import type { ReleaseClient } from '../releases/call.ts';
import { type ExperimentOutcome, type ExperimentsPlan, followExperiment } from './experiments.ts';

/** Both sides at once: the steps of a smaller share would only take more players. */
const SHARE = 0.5;

export interface CanaryPlan extends ExperimentsPlan {
  releases: Pick<ReleaseClient, 'startCanary' | 'readInUse'>;
}

/**
 * Publishes the release in use again without its ranking model. Returns the version, or undefined if it has none. The
 * pointer stays.
 */
export async function publishUnranked(bucket: R2Bucket, now: number): Promise<string | undefined> {
  const pointer = await readPointer(bucket);
  const release = pointer && (await readStoredRelease({ BUCKET: bucket }, pointer.version));
  if (release === undefined || release === 'missing' || release.manifest.ranking === null) return undefined;
  const createdAt = new Date(now).toISOString();
  const version = `${createdAt.replaceAll(/[-:]|\.\d+/g, '')}-unranked-${randomUUID().slice(0, 8)}`;
  // Files never change, so two manifests may name the same.
  const manifest = { ...release.manifest, version, createdAt, ranking: null };
  await bucket.put(releaseKey(version, 'manifest.json'), JSON.stringify(manifest));
  return version;
}

/** Lets players meet the canary until the Worker has ended it. Throws if the release came into use. */
export async function tryRelease(plan: CanaryPlan, version: string): Promise<ExperimentOutcome> {
  const { version: before } = await plan.releases.readInUse();
  await plan.releases.startCanary(version, SHARE);
  const outcome = await followExperiment(plan, nameCanary(version), 'harmful');
  const { version: after } = await plan.releases.readInUse();
  if (after !== before) throw new Error(`${after} is in use, although it is worse than ${before}`);
  return outcome;
}
