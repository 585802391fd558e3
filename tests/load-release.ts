// Loads the release that the pointer names, as an isolate does that has just read the published state.

import { type LoadedRelease, loadRelease } from '../workers/inference/release.ts';
import { readPointer } from '../workers/storage/release-pointer.ts';
import type { ReleaseEnv } from '../workers/storage/releases.ts';

/** `now`: epoch milliseconds. */
export const loadNamed = async (env: ReleaseEnv, loaded: LoadedRelease | undefined, now: number) =>
  loadRelease(env, await readPointer(env.BUCKET), loaded, now);
