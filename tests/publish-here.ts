// The published state as the other isolates at this location see it, for tests that write to D1 and R2 themselves.

import { locate } from '../workers/storage/location-cache.ts';
import { publishState } from '../workers/storage/publish-state.ts';
import { STATE_KEY } from '../workers/storage/published-state.ts';
import { shareAtLocation } from '../workers/storage/read-state.ts';
import type { Stores } from '../workers/storage/stores.ts';

/** Publishes what a test has written, as if through another isolate here. `now`: epoch milliseconds. */
export async function publishHere(stores: Stores, now = Date.now()): Promise<void> {
  await shareAtLocation(await publishState(stores, now), now);
}

/** The next isolate reads the state from R2, as the first one of a location does. */
export const forgetHere = async (): Promise<boolean> => caches.default.delete(await locate(STATE_KEY));
