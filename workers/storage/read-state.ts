// Reads the published state: from this location's cache if somebody here has read it recently, or else from R2, so that
// R2 is asked once in ten seconds per location. While R2 fails, D1 has the operators' part; before the first
// publication, the originals are read.

import { PublishedState, type StateParts, type StoredKey } from '../../models/contracts/published-state.ts';
import { logError } from '../logging/log.ts';
import { withDeadline } from './deadline.ts';
import { matchAtLocation, putAtLocation } from './location-cache.ts';
import { type OperatorParts, readOperatorParts, readOriginals } from './publish-state.ts';
import { nextVersion, readPublishedState, STATE_KEY } from './published-state.ts';
import type { Stores } from './stores.ts';

/** An isolate with a younger state does not ask for a newer one; nor does a location. */
export const STATE_FRESH_MS = 10_000;
/**
 * An older state is replaced before an answer, if that succeeds in time: together with its publication, a change holds
 * everywhere within 30 seconds.
 */
export const STATE_STALE_MS = 24_000;

/** The state as an isolate caches it. */
export interface ServingState {
  parts: StateParts;
  /** The newest publication that it has parts of; 0 if there is none. */
  version: number;
  /** The same, but greater if the operators' part was read from D1 since. */
  operatorsVersion: number;
  keysById: ReadonlyMap<string, StoredKey>;
  /** A time at which it was current, epoch milliseconds. */
  readAt: number;
  /** Why R2 could not be read; undefined if it was, or need not be. */
  bucketFailure: string | undefined;
}

/** After that, R2 or D1 counts as failing. */
const STORE_WAIT_MS = 3_000;
/** Long enough to start with during an outage. */
const ENTRY_HEADERS = { 'cache-control': 'public, max-age=86400' };
const VERSION_HEADER = 'x-state-version';
const READ_AT_HEADER = 'x-state-read-at';

/**
 * `previous`: the state that the isolate has. `now`: epoch milliseconds. `maxAgeMs`: of a state that another isolate at
 * this location has read. Throws if neither R2 nor D1 can be read, nor the location has a state.
 */
export async function readState(
  stores: Stores,
  previous: ServingState | undefined,
  now: number,
  maxAgeMs = isAwaited(previous, now) ? STATE_STALE_MS : STATE_FRESH_MS,
): Promise<ServingState> {
  const state = await readShared(stores, previous, now, maxAgeMs);
  if (state.version === 0 || state.bucketFailure !== undefined || state.version >= state.operatorsVersion) return state;
  // Clocks differ, so what was read from D1 may be older than a publication with a lower version: D1 decides.
  return withDeadline(readStateFromDatabase(stores.DB, state, undefined, now), STORE_WAIT_MS).catch(() => state);
}

async function readShared(
  stores: Stores,
  previous: ServingState | undefined,
  now: number,
  maxAgeMs: number,
): Promise<ServingState> {
  const entry = await matchEntry();
  // Clocks differ a little; an entry of the far future is not trusted.
  if (entry !== undefined && Math.abs(now - entry.readAt) <= maxAgeMs) {
    const adopted = await adoptEntry({ ...entry, readAt: Math.min(entry.readAt, now) }, previous);
    if (adopted !== undefined) return adopted;
  }
  try {
    const published = await withDeadline(readPublishedState(stores.BUCKET), STORE_WAIT_MS);
    if (published === undefined) return await readUnpublished(stores, previous, now);
    await shareAtLocation(published, now);
    return adoptPublication(published, previous, now);
  } catch (error) {
    const { message } = error as Error;
    logError('published state not read', { error: message });
    return readWithoutBucket(stores.DB, previous, entry, message, now);
  }
}

/** A request waits for it: an older one will do, and is replaced behind the answer. */
const isAwaited = (previous: ServingState | undefined, now: number): boolean =>
  previous === undefined || now - previous.readAt > STATE_STALE_MS;

/** Before the first publication; its version is 0. */
async function readUnpublished(
  stores: Stores,
  previous: ServingState = NOTHING_PUBLISHED,
  now: number,
): Promise<ServingState> {
  const originals = await readOriginals(stores, undefined);
  const taken = takeOperators(originals, nextVersion(previous.operatorsVersion, now), previous);
  const { statistics, release } = originals;
  return {
    ...taken,
    parts: { ...taken.parts, statistics, release },
    version: 0,
    readAt: now,
    bucketFailure: undefined,
  };
}

/** Lets the other isolates at this location find a state. */
export const shareAtLocation = (published: PublishedState, readAt: number): Promise<void> =>
  putAtLocation(STATE_KEY, JSON.stringify(published), {
    ...ENTRY_HEADERS,
    [VERSION_HEADER]: `${published.version}`,
    [READ_AT_HEADER]: `${readAt}`,
  });

const readStateFromDatabase = async (
  db: D1Database,
  previous: ServingState | undefined,
  bucketFailure: string | undefined,
  now: number,
): Promise<ServingState> => adoptOperators(await readOperatorParts(db), previous, bucketFailure, now);

interface Entry {
  version: number;
  readAt: number;
  response: Response;
}

async function matchEntry(): Promise<Entry | undefined> {
  const response = await matchAtLocation(STATE_KEY);
  if (response === undefined) return undefined;
  const { headers } = response;
  return { version: Number(headers.get(VERSION_HEADER)), readAt: Number(headers.get(READ_AT_HEADER)), response };
}

/** Undefined if it cannot be read. It is parsed only if it is newer. */
async function adoptEntry(
  { version, readAt, response }: Entry,
  previous: ServingState | undefined,
): Promise<ServingState | undefined> {
  if (previous !== undefined && version <= previous.version) {
    await response.body?.cancel();
    return { ...previous, readAt: Math.max(readAt, previous.readAt), bucketFailure: undefined };
  }
  const { data } = PublishedState.safeParse(await response.json().catch(() => undefined));
  return data && adoptPublication(data, previous, readAt);
}

async function readWithoutBucket(
  db: D1Database,
  previous: ServingState | undefined,
  entry: Entry | undefined,
  bucketFailure: string,
  now: number,
): Promise<ServingState> {
  try {
    return await withDeadline(readStateFromDatabase(db, previous, bucketFailure, now), STORE_WAIT_MS);
  } catch {
    const old = previous === undefined && entry !== undefined ? await adoptEntry(entry, previous) : undefined;
    if (old === undefined) throw new Error(bucketFailure);
    return { ...old, bucketFailure };
  }
}

const NOTHING_PUBLISHED: ServingState = {
  parts: {
    rules: [],
    subscriptions: [],
    keys: [],
    issuers: [],
    experiments: [],
    catalogue: null,
    statistics: null,
    release: null,
  },
  version: 0,
  operatorsVersion: 0,
  keysById: new Map(),
  readAt: Number.NEGATIVE_INFINITY,
  bucketFailure: undefined,
};

/** Takes what is newer: in this isolate, the operators' part may be newer than the publication. */
export function adoptPublication(
  published: PublishedState,
  before: ServingState = NOTHING_PUBLISHED,
  readAt: number,
): ServingState {
  const read = { readAt, bucketFailure: undefined };
  const { version, catalogue, statistics, release } = published;
  if (version <= before.version) return { ...before, ...read };
  const taken =
    version > before.operatorsVersion
      ? takeOperators(published, version, before)
      : { ...before, operatorsVersion: Math.max(before.operatorsVersion, version + 1) };
  return { ...taken, ...read, version, parts: { ...taken.parts, catalogue, statistics, release } };
}

/** The operators' part as D1 has it, the rest as before. `bucketFailure`: why R2 could not be read, if so. */
export function adoptOperators(
  operators: OperatorParts,
  before: ServingState = NOTHING_PUBLISHED,
  bucketFailure: string | undefined,
  readAt: number,
): ServingState {
  const version = nextVersion(before.operatorsVersion, readAt);
  return { ...takeOperators(operators, version, before), readAt, bucketFailure };
}

/**
 * Objects that have not changed stay the same, since others keep what they compute from them, such as an imported key.
 */
function takeOperators(
  { rules, subscriptions, keys, issuers, experiments }: OperatorParts,
  operatorsVersion: number,
  before: ServingState,
): ServingState {
  const { parts } = before;
  const kept = keepEqual(keys, parts.keys);
  return {
    ...before,
    operatorsVersion,
    parts: {
      ...parts,
      rules: keepEqual(rules, parts.rules),
      subscriptions,
      keys: kept,
      issuers: keepJwks(issuers, parts.issuers),
      experiments: keepEqual(experiments, parts.experiments),
    },
    keysById: kept === parts.keys ? before.keysById : new Map(kept.map((key) => [key.keyId, key])),
  };
}

function keepEqual<T>(next: T[], previous: T[]): T[] {
  const known = new Map(previous.map((one) => [JSON.stringify(one), one]));
  const kept = next.map((one) => known.get(JSON.stringify(one)) ?? one);
  return kept.length === previous.length && kept.every((one, index) => one === previous[index]) ? previous : kept;
}

function keepJwks(next: StateParts['issuers'], previous: StateParts['issuers']): StateParts['issuers'] {
  const known = new Map(previous.map(({ jwks }) => [JSON.stringify(jwks), jwks]));
  return next.map((issuer) => ({ ...issuer, jwks: known.get(JSON.stringify(issuer.jwks)) ?? issuer.jwks }));
}
