// Job: publishes what a change could not publish itself, because R2 failed or the request was cut off. Every change
// publishes at once, so there is usually nothing to do.

import { publishState } from '../storage/publish-state.ts';
import { readPublishedState } from '../storage/published-state.ts';
import type { Stores } from '../storage/stores.ts';

/** Returns 1 if something was published. */
export async function republishState(stores: Stores, now: number): Promise<number> {
  const before = await readPublishedState(stores.BUCKET).catch(() => undefined);
  const { version } = await publishState(stores, now);
  return version === before?.version ? 0 : 1;
}
