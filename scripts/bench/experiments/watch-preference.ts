// A simulated interleaving without a better side, looked at 200 times: players come back, and click picks of either
// team.

import { createRandom } from '../../../models/data/random.ts';
import { ALPHA } from '../../../models/experiments/confidence-sequence.ts';
import {
  addPreferences,
  EMPTY_PREFERENCES,
  estimatePreference,
  preferencesOfUser,
} from '../../../models/experiments/preference.ts';
import { LOOKS } from './watch.ts';

/** True where a test ever said that users prefer a side. */
export interface WatchedPreference {
  paired: boolean;
  sign: boolean;
}

/** Watches one interleaving to its end. `clicks`: of each player at each look. */
export function watchPreference(users: number, clicks: number, seed: number): WatchedPreference {
  const random = createRandom(seed, 'preference');
  const ofControl = new Int32Array(users);
  const ofVariant = new Int32Array(users);
  const watched = { paired: false, sign: false };
  for (let look = 0; look < LOOKS; look++) {
    let moments = EMPTY_PREFERENCES;
    for (let user = 0; user < users; user++) {
      if (random.chance(clicks)) (random.chance(0.5) ? ofControl : ofVariant)[user]!++;
      if (ofControl[user]! + ofVariant[user]! === 0) continue;
      moments = addPreferences(moments, preferencesOfUser(ofControl[user]!, ofVariant[user]!));
    }
    const { isSignificant, signPValue } = estimatePreference(moments);
    watched.paired ||= isSignificant;
    watched.sign ||= signPValue < ALPHA;
  }
  return watched;
}
