import { expect, it } from 'vitest';
import { EVENT_TYPES } from '../contracts/event.ts';
import { EMPTY_PREFERENCES } from '../contracts/preferences.ts';
import type { SignalEvent } from '../contracts/signals.ts';
import { rewindSignals } from './rewind-signals.ts';
import { createSeededRng, shuffle } from './rng.ts';
import { emptySignals, foldEvents, listMarks } from './signals.ts';
import { deriveUserState } from './user-state.ts';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 0, 31);

function makeLog(length: number, items: number, seed: number): SignalEvent[] {
  const random = createSeededRng(seed);
  const draw = (max: number) => Math.floor(max * random());
  const events = Array.from({ length }, (_, index): SignalEvent => {
    const type = random() < 0.01 ? 'reset' : EVENT_TYPES[draw(EVENT_TYPES.length - 1)]!;
    const itemId = type === 'reset' || type === 'search' ? null : `item-${draw(items)}`;
    const query = type === 'search' ? `query ${index}` : null;
    return { id: `e${index}`, type, itemId, value: null, query, timestamp: NOW - draw(40) * DAY_MS - index };
  });
  return shuffle(events, random);
}

it('gives the signals from before any number of later events, in whatever order their times are', () => {
  for (const [length, items] of [
    [200, 30],
    [3_000, 200],
  ] as const) {
    const log = makeLog(length, items, length);
    const { signals } = foldEvents(emptySignals(), log);
    for (const count of [0, 1, 40, length - 1, length]) {
      const [earlier, later] = [log.slice(0, length - count), log.slice(length - count)];
      const expected = foldEvents(emptySignals(), earlier).signals;
      const rewound = rewindSignals(signals, earlier, later);
      expect(rewound.actions).toEqual(expected.actions);
      expect(rewound.impressions).toEqual(expected.impressions);
      const sortMarks = (marks: typeof signals.marks) =>
        listMarks(marks)
          .map(({ itemId, kind, timestamp }) => `${itemId} ${kind} ${timestamp}`)
          .sort();
      expect(sortMarks(rewound.marks)).toEqual(sortMarks(expected.marks));
      const state = deriveUserState(rewound, EMPTY_PREFERENCES, NOW);
      expect(state.history).toEqual(deriveUserState(expected, EMPTY_PREFERENCES, NOW).history);
    }
  }
});

it('keeps the mark of an event that is no longer stored, unless a later one renewed it', () => {
  const event = (id: string, itemId: string, timestamp: number): SignalEvent => ({
    ...{ id, type: 'purchase', itemId, value: null, query: null, timestamp },
  });
  const [old, renewed, bought] = [event('1', 'old', 1), event('2', 'renewed', 2), event('3', 'bought', 3)];
  const later = [event('4', 'renewed', 9), event('5', 'new', 9)];
  const { signals } = foldEvents(emptySignals(), [old, renewed, bought, ...later]);
  const { marks } = rewindSignals(signals, [renewed, bought], later);
  expect(Object.fromEntries(marks)).toEqual({
    ...{ renewed: { purchase: 2 }, bought: { purchase: 3 }, old: { purchase: 1 } },
  });
});
