// Reads the stored inputs of one answer, each within its share of the time limit and with a named fallback: the caches
// of the isolate, and the player's signals.

import type { Rule } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import type { LoadedRelease } from '../inference/release.ts';
import type { CacheRead } from '../storage/cache.ts';
import type { Catalogue } from '../storage/catalogue.ts';
import type { LoadedStatistics } from '../storage/statistics.ts';
import { isolate as thisIsolate } from './isolate.ts';
import { knownUser, readCachedSafety, readSignals, type SignalsRead } from './read-signals.ts';
import { createRecommendationId, type Moment, readMoment } from './recommendation-id.ts';
import type { RecommendationRequest } from './recommendation-request.ts';

export interface Caches {
  catalogue: CacheRead<Catalogue>;
  statistics: CacheRead<LoadedStatistics | undefined>;
  release: CacheRead<LoadedRelease | undefined>;
  rules: CacheRead<readonly Rule[]>;
}

export interface Inputs {
  caches: Caches;
  signals: SignalsRead;
  recommendationId: string;
  /** When the request was read, epoch milliseconds. */
  now: number;
  /** Today's date, ISO: of the first page, if this one continues a list. */
  today: string;
}

export async function readInputs(request: RecommendationRequest): Promise<Inputs> {
  const now = Date.now();
  const earlierMoment = readMoment(request.recommendationId, now);
  const [caches, signals] = await Promise.all([readCaches(request, now), readUser(request, earlierMoment)]);
  const { recommendationId = createRecommendationId(signals.moment) } = request;
  return {
    caches,
    signals,
    recommendationId,
    now,
    today: new Date(earlierMoment?.at ?? now).toISOString().slice(0, 10),
  };
}

async function readCaches(
  { env, budget, shedReason, isolate = thisIsolate, waitUntil }: RecommendationRequest,
  now: number,
): Promise<Caches> {
  // A cheap answer waits for nothing: in a busy isolate even a timer is late.
  const waitMs = shedReason === undefined ? budget.getWaitMs('cached') : 0;
  const [catalogue, statistics, release, rules] = await Promise.all([
    isolate.getCatalogue(env, now, waitUntil, waitMs),
    isolate.getStatistics(env, now, waitUntil, waitMs),
    isolate.getRelease(env, now, waitUntil, waitMs),
    isolate.state.getRules(env, now, waitUntil, waitMs),
  ]);
  return { catalogue, statistics, release, rules };
}

async function readUser(request: RecommendationRequest, earlierMoment: Moment | undefined): Promise<SignalsRead> {
  const { env, userId, user, reading, keepsContext, budget, shedReason } = request;
  const context = keepsContext ? request.context : undefined;
  if (user !== undefined || userId === undefined) return knownUser(user ?? EMPTY_USER_STATE, shedReason);
  if (shedReason !== undefined) return readCachedSafety(userId, EMPTY_USER_STATE, shedReason);
  const read = () => reading ?? env.USER_SIGNALS.getByName(userId).readUserState(userId, context, earlierMoment);
  return readSignals(userId, read, budget.getWaitMs('signals'));
}
