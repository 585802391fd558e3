// Fills the empty store through the API: a catalogue, players who buy, and victims. A victim's data contains canaries:
// texts that occur nowhere else, so that an answer which contains one shows the victim's data.

import { randomBytes } from 'node:crypto';
import type { EventInput } from '../../../models/contracts/event.ts';
import type { Client } from './client.ts';
import { createGuest } from './credentials.ts';

export const ITEMS = 60;
const GENRES = ['Strategy', 'Action', 'Puzzle', 'Racing', 'Simulation'];
const VICTIMS = 4;
/** Prefix of the ids of victims that requests name. */
export const VICTIM_PREFIX = 'victim-';
/** Prefix of the ids of players that any entitled caller may change or erase. */
export const FODDER_PREFIX = 'fodder-';

export const itemId = (index: number): string => `game-${String(index).padStart(2, '0')}`;

export interface Canary {
  text: string;
  /** Its location: the victim and the field. */
  spot: string;
}

export interface Victims {
  /** Ids that requests may name. */
  userIds: readonly string[];
  /** A guest that is not the caller. */
  guestId: string;
  canaries: readonly Canary[];
}

export async function putItems(client: Client, admin: string): Promise<void> {
  const items = Array.from({ length: ITEMS }, (_, index) => ({
    itemId: itemId(index),
    title: `Game ${index}`,
    genres: [GENRES[index % GENRES.length]!],
    tags: [`tag-${index % 7}`],
    releaseDate: '2020-01-01',
    ageRating: 12,
    platforms: ['windows'],
  }));
  await client.read('POST', '/v1/items', { bearer: admin, json: { items } });
}

export async function plantVictims(client: Client, keys: { admin: string; ingest: string }): Promise<Victims> {
  const canaries: Canary[] = [];
  const plant = (spot: string): string => {
    const text = `canary${randomBytes(8).toString('hex')}`;
    canaries.push({ text, spot });
    return text;
  };
  const userIds = Array.from({ length: VICTIMS }, (_, index) => `${VICTIM_PREFIX}${index}`);
  const guest = await createGuest(client);
  // The last one is a victim whose id no request contains.
  for (const userId of [...userIds, guest.userId, plant('the id of a player')])
    await fillVictim(client, keys, userId, plant);
  return { userIds, guestId: guest.userId, canaries };
}

async function fillVictim(
  client: Client,
  { ingest }: { ingest: string },
  userId: string,
  plant: (spot: string) => string,
): Promise<void> {
  const spot = (field: string) => plant(`${field} of ${userId}`);
  // An event that names an answer would make a gallery, which reads the statistics (attacks/popularity.ts).
  const common = { userId, context: { platform: spot('platform') } };
  const events: EventInput[] = [
    { ...common, id: spot('event id'), type: 'search', query: spot('search query') },
    { ...common, id: 'play-1', type: 'play', itemId: itemId(3), value: 90 },
    { ...common, id: 'play-2', type: 'play', itemId: spot('played item'), value: 40 },
    { ...common, id: 'buy-1', type: 'purchase', itemId: spot('bought item'), value: 9.99 },
    { ...common, id: 'dismiss-1', type: 'dismiss', itemId: spot('dismissed item') },
  ];
  await client.read('POST', '/v1/events', { bearer: ingest, json: { events } });
  await client.read('PUT', `/v1/users/${encodeURIComponent(userId)}/preferences`, {
    bearer: ingest,
    json: { genres: [spot('liked genre')], items: [spot('liked item')], mutedTags: [spot('muted tag')] },
  });
}

/** The canaries that an answer shows, each described by where it was planted. */
export const findCanaries = (text: string, canaries: readonly Canary[]): string[] =>
  canaries.filter((canary) => text.includes(canary.text)).map(({ spot }) => spot);

/** Counts the canaries that the victims' signals and preferences show to a key that may read them. */
export async function countReadable(
  client: Client,
  read: string,
  { userIds, guestId, canaries }: Victims,
): Promise<number> {
  const paths = [...userIds, guestId].map((userId) => `/v1/users/${encodeURIComponent(userId)}/signals`);
  const answers = await Promise.all(paths.map((path) => client.call('GET', path, { bearer: read })));
  return findCanaries(answers.map(({ text }) => text).join('\n'), canaries).length;
}
