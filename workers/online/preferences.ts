// The endpoints of a player's preferences. They are stored first in the player's object, which ranking reads, then in
// D1, which batch computation reads; both steps are idempotent.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { PREFERENCES_BODY_BYTES_MAX, Preferences, PreferencesInput } from '../../models/contracts/preferences.ts';
import { writePreferences } from '../storage/users.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { UserParams } from './parameters.ts';
import { orUnavailable, ProblemError } from './problems.ts';

const PutQuery = z.object({
  changeId: Id.optional().meta({
    description: 'The client’s own id for this change; the next notice of the stream names it.',
  }),
});

export interface PreferenceStore {
  readPreferences(userId: string): Promise<Preferences>;
  /** Stores nothing and returns false if the guest has become a player. */
  writePreferences(userId: string, preferences: Preferences, changeId: string | undefined): Promise<boolean>;
}

const openPreferenceStore = ({ env: { USER_SIGNALS, DB } }: AppContext): PreferenceStore => ({
  readPreferences: async (userId) => (await USER_SIGNALS.getByName(userId).readUserState(userId)).user.preferences,
  writePreferences: async (userId, preferences, changeId) => {
    const isKept = await USER_SIGNALS.getByName(userId).setPreferences(preferences, changeId);
    if (isKept) await writePreferences(DB, userId, preferences, Date.now());
    return isKept;
  },
});

export const getPreferences = (
  { params: { userId } }: { params: UserParams },
  store: Pick<PreferenceStore, 'readPreferences'>,
): Promise<Preferences> => orUnavailable(store.readPreferences(userId));

export async function putPreferences(
  input: { params: UserParams; query: z.output<typeof PutQuery>; body: Preferences },
  store: Pick<PreferenceStore, 'writePreferences'>,
): Promise<Preferences> {
  const {
    params: { userId },
    query: { changeId },
    body,
  } = input;
  if (!(await orUnavailable(store.writePreferences(userId, body, changeId))))
    throw new ProblemError('conflict', `The guest “${userId}” has become a player; use the player’s id.`);
  return body;
}

const tag = 'Users';

const ENDPOINTS: Endpoint<PreferenceStore>[] = [
  defineEndpoint({
    method: 'put',
    path: '/v1/users/{userId}/preferences',
    operationId: 'putPreferences',
    tag,
    summary: 'Set a player’s preferences',
    description:
      'Genres and games picked at the start, genres to show less of, muted genres and tags, hits or hidden gems, a ' +
      'release window, an age limit. They replace the earlier preferences and apply from the next request on.',
    scope: 'ingest',
    isOpenToPlayers: true,
    params: UserParams,
    query: PutQuery,
    body: { schema: PreferencesInput, maxBytes: PREFERENCES_BODY_BYTES_MAX, documented: Preferences },
    answer: { schema: Preferences, description: 'The preferences as stored.' },
    problems: [409, 503],
    handle: putPreferences,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/users/{userId}/preferences',
    operationId: 'getPreferences',
    tag,
    summary: 'Read a player’s preferences',
    scope: 'read',
    isOpenToPlayers: true,
    params: UserParams,
    answer: { schema: Preferences, description: 'Empty for a player who has set none.' },
    problems: [503],
    handle: getPreferences,
  }),
];

export const routePreferences = (app: App): void => registerEndpoints(app, ENDPOINTS, openPreferenceStore);
