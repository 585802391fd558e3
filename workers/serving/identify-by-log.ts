// Identifies a player from D1 while their object does not answer: the games they own, played and dismissed, and their
// preferences. The log is seconds behind, so recommendations are not computed from it.

import { emptySignals, foldEvents, toSignalEvent } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { withDeadline } from '../storage/deadline.ts';
import { listLogShards } from '../storage/log-shards.ts';
import { readPlayerMarks } from '../storage/player-log.ts';
import { readPreferences } from '../storage/users.ts';
import { toDegradation } from './degradation.ts';
import { addDegraded, type HydratedRequest } from './hydrate.ts';
import type { RecommendationRequest } from './recommendation-request.ts';
import { mergeSafety } from './safety.ts';

/** The request unchanged, unless signals are missing: then with those from D1, or the reason why D1 failed. */
export async function identifyByLog(
  { env, userId, budget }: RecommendationRequest,
  hydrated: HydratedRequest,
): Promise<HydratedRequest> {
  if (hydrated.missing !== 'signals' || userId === undefined) return hydrated;
  const { input } = hydrated;
  try {
    const reading = Promise.all([readPlayerMarks(env.DB, listLogShards(env), userId), readPreferences(env.DB, userId)]);
    const [events, preferences = input.user.preferences] = await withDeadline(reading, budget.getWaitMs('stored'));
    const { signals } = foldEvents(emptySignals(), events.map(toSignalEvent));
    const user = mergeSafety(input.user, deriveUserState(signals, preferences, Date.now()));
    return { ...hydrated, input: { ...input, user } };
  } catch (error) {
    return addDegraded(hydrated, [toDegradation('log', error)]);
  }
}
