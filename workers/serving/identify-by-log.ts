// What a player has, refused and prefers, from D1: for the time when the player's object cannot say it. It reads no signals
// to recommend by, the log is some seconds behind.

import { deriveUserState, emptySignals, foldEvents, toSignalEvent } from '../../models/features/signals.ts';
import { withDeadline } from '../storage/deadline.ts';
import { readMarkEvents } from '../storage/events.ts';
import { readPreferences } from '../storage/users.ts';
import type { HydratedRequest, RecommendationRequest } from './hydrate.ts';
import { joinSafety } from './safety.ts';

/** What was gathered where nothing is lacking; else with what D1 knows beside it. Where D1 does not answer either, the answer says so. */
export async function identifyByLog(
  { env, userId, budget }: RecommendationRequest,
  gathered: HydratedRequest,
): Promise<HydratedRequest> {
  if (gathered.missing !== 'signals' || userId === undefined) return gathered;
  const { input: moment, answer } = gathered;
  const { user } = moment;
  try {
    const reading = Promise.all([readMarkEvents(env.DB, userId), readPreferences(env.DB, userId)]);
    const [events, preferences = user.preferences] = await withDeadline(reading, budget.for('stored'), 'log');
    const { signals } = foldEvents(emptySignals(), events.map(toSignalEvent));
    const known = joinSafety(user, deriveUserState(signals, preferences, Date.now()));
    return { ...gathered, input: { ...moment, user: known } };
  } catch (error) {
    answer.degraded.push((error as Error).message);
    return gathered;
  }
}
