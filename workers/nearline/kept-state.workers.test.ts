// The state that an object keeps between questions, against one that is derived afresh from its signals.

import { evictDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, expect, it, vi } from 'vitest';
import { EVENT_TYPES, type PlayerEvent } from '../../models/contracts/event.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { createSeededRng } from '../../models/features/rng.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { makeEvent } from '../../tests/event.ts';

const MINUTE = 60_000;
/** In the future: an alarm in the past would run at once, again and again. */
const NOW = Date.UTC(2100, 4, 1);
const STEPS = 60;

afterEach(() => {
  vi.useRealTimers();
});

it.each([1, 2, 3])('is the same after any events, merges, partings, erasures and time; seed %i', async (seed) => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW });
  const random = createSeededRng(seed);
  const pick = (count: number) => Math.floor(random() * count);
  const player = env.USER_SIGNALS.getByName(`player-${seed}`);
  const guest = env.USER_SIGNALS.getByName(`guest-${seed}`);
  let events = 0;
  const draw = (userId: string, isScrolling = false): PlayerEvent[] =>
    Array.from({ length: 1 + pick(15) }, () => {
      const drawn = EVENT_TYPES[pick(events % 9 === 0 ? EVENT_TYPES.length : EVENT_TYPES.length - 1)]!;
      const type = isScrolling ? 'impression' : drawn;
      const itemId = type === 'search' || type === 'reset' ? null : `item-${pick(30)}`;
      // Most are recent, some dated ahead or late.
      const timestamp = Date.now() - (pick(8) === 0 ? pick(9_000) : pick(40)) * MINUTE + pick(5) * MINUTE;
      const details = { id: `${events++}`, itemId, query: type === 'search' ? `query ${pick(4)}` : null };
      return makeEvent(userId, type, 'none', timestamp, { ...details, value: type === 'rate' ? 4 : null });
    });

  const steps = {
    play: () => player.record(draw(`player-${seed}`)),
    scroll: () => player.record(draw(`player-${seed}`, true)),
    visit: () => guest.record(draw(`guest-${seed}`)),
    wait: async () => void vi.setSystemTime(Date.now() + [5, 31, 1_500, 6_000][pick(4)]! * MINUTE),
    prefer: () => player.setPreferences({ ...EMPTY_PREFERENCES, items: [`item-${pick(40)}`] }),
    merge: async () => {
      await player.importUser(`player-${seed}`, `guest-${seed}`, await guest.exportUser(`player-${seed}`));
      await guest.hide();
    },
    part: async () => {
      await guest.part();
      await player.removeGuest(`player-${seed}`, `guest-${seed}`);
    },
    erase: () => player.erase(Date.now() - pick(3) * MINUTE),
    evict: () => evictDurableObject(player),
  };
  const names = Object.keys(steps) as (keyof typeof steps)[];
  // Often what players do, seldom what ends something.
  const drawStep = () => (pick(3) > 0 ? names[pick(4)]! : names[pick(names.length)]!);
  const reached = new Set<string>();
  for (let step = 0; step < STEPS; step++) {
    const name = step < names.length ? names[step]! : drawStep();
    reached.add(name);
    await steps[name]();
    for (const minutes of [0, pick(50)]) {
      vi.setSystemTime(Date.now() + minutes * MINUTE);
      const { user } = await player.readUserState(`player-${seed}`);
      const fresh = deriveUserState(await player.snapshot(), user.preferences, Date.now());
      expect(user, `after ${name}, step ${step}`).toEqual(fresh);
    }
  }
  expect(reached.size).toBe(names.length);
});
