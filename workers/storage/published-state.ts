// The published state in R2: one object, replaced by conditional put. Its content: publish-state.ts. How isolates read
// it: read-state.ts.

import { stateKey } from '../../models/contracts/layout.ts';
import { PublishedState, STATE_SCHEMA, StateParts } from '../../models/contracts/published-state.ts';

export const STATE_KEY = stateKey(STATE_SCHEMA);
const ATTEMPTS_MAX = 5;

/** Undefined before the first publication. Throws if it is damaged. */
export async function readPublishedState(bucket: R2Bucket): Promise<PublishedState | undefined> {
  const object = await bucket.get(STATE_KEY);
  return object === null ? undefined : PublishedState.parse(await object.json());
}

/**
 * Publishes the parts that `readParts` returns; none, if it returns undefined or nothing has changed. `readParts`
 * receives the state as published, or undefined before the first publication or if it is damaged, and must read its
 * sources itself: the state is replaced only if nobody else has done so since, so what was read earlier never replaces
 * what was read later. `isAfterChange`: replaces it even with equal parts. A change may have undone another one, which
 * a slower publisher has read and is about to publish. `now`: epoch milliseconds. Throws if others keep replacing it.
 */
export async function changeState(
  bucket: R2Bucket,
  now: number,
  readParts: (published: PublishedState | undefined) => Promise<StateParts | undefined>,
  isAfterChange = false,
): Promise<PublishedState | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const object = await bucket.get(STATE_KEY);
    const published = PublishedState.safeParse(await object?.json().catch(() => undefined)).data;
    const parts = await readParts(published);
    // Whoever replaced it since the first attempt has held up slower publishers.
    const keepsEqual = !isAfterChange || attempt > 0;
    if (parts === undefined || (published !== undefined && keepsEqual && isSame(parts, published))) return published;
    const state = {
      ...parts,
      schema: STATE_SCHEMA,
      version: nextVersion(published?.version ?? 0, now),
    } satisfies PublishedState;
    const onlyIf: R2Conditional = object === null ? { etagDoesNotMatch: '*' } : { etagMatches: object.etag };
    if ((await bucket.put(STATE_KEY, JSON.stringify(state), { onlyIf })) !== null) return state;
  }
  throw new Error('the published state is being replaced by others');
}

/** Versions grow even if clocks differ. */
export const nextVersion = (previous: number, now: number): number => Math.max(now, previous + 1);

/** By value; the order of the parts does not count, that of their own fields never differs. */
const isSame = (parts: StateParts, published: PublishedState): boolean =>
  (Object.keys(StateParts.shape) as (keyof StateParts)[]).every(
    (name) => JSON.stringify(parts[name]) === JSON.stringify(published[name]),
  );
