import { expect, it } from 'vitest';
import { EMPTY_PREFERENCES } from '../contracts/preferences.ts';
import type { SignalEvent } from '../contracts/signals.ts';
import { createSeededRng } from './rng.ts';
import { emptySignals, foldEvents } from './signals.ts';
import { deriveUserState } from './user-state.ts';

const HOUR = 3_600_000;
const NOW = Date.UTC(2026, 0, 31);
const TYPES = [
  ...(['impression', 'impression', 'click', 'play', 'like', 'unlike', 'purchase', 'refund', 'dismiss'] as const),
  ...(['undismiss', 'search', 'rate', 'reset'] as const),
];

it('is the same at any time, whenever it was read before', () => {
  const random = createSeededRng(5);
  const pick = (count: number) => Math.floor(random() * count);
  const preferences = { ...EMPTY_PREFERENCES, items: ['item-3', 'picked'] };
  let kept = emptySignals();
  for (let step = 0; step < 80; step++) {
    // Some batches change no action, others no impression.
    const isScrolling = pick(3) === 0;
    const events = Array.from({ length: 1 + pick(12) }, (_, index): SignalEvent => {
      const type = isScrolling ? 'impression' : TYPES[pick(pick(20) === 0 ? TYPES.length : TYPES.length - 1)]!;
      return {
        ...{ id: `${step}-${index}`, type, itemId: type === 'search' ? null : `item-${pick(40)}` },
        ...{ value: type === 'rate' ? 4 : null, query: type === 'search' ? `query ${pick(9)}` : null },
        // Some are dated ahead, some older than a search counts.
        timestamp: NOW + (step + pick(3) - 100 * pick(2)) * HOUR,
      };
    });
    kept = foldEvents(kept, events).signals;
    for (const hours of [pick(200), step, pick(2_000), step]) {
      const now = NOW + hours * HOUR;
      // A copy, of which nothing is known.
      const fresh = deriveUserState(structuredClone(kept), preferences, now);
      expect(deriveUserState(kept, preferences, now)).toEqual(fresh);
    }
  }
});
