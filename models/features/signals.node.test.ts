import { expect, it } from 'vitest';
import { EMPTY_PREFERENCES } from '../contracts/preferences.ts';
import { MARKS_MAX, RECENT_ACTIONS_MAX, type SignalEvent, type Signals } from '../contracts/signals.ts';
import { createSeededRng, shuffle } from './rng.ts';
import { emptySignals, foldEvents, listMarks } from './signals.ts';
import { deriveUserState } from './user-state.ts';

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 31);

const TYPES = [
  'impression',
  'view',
  'click',
  'play',
  'like',
  'dislike',
  'purchase',
  'dismiss',
  'unlike',
  'undismiss',
  'rate',
  'search',
  'wishlist',
  'refund',
  'unwishlist',
  'reset',
] as const;

function makeLog(length: number, items: number, seed: number): SignalEvent[] {
  const random = createSeededRng(seed);
  return Array.from({ length }, (_, index) => {
    const type = TYPES[Math.floor(random() * TYPES.length)]!;
    return {
      id: `e${index}`,
      type,
      itemId: type === 'search' || type === 'reset' ? null : `item-${Math.floor(random() * items)}`,
      value: type === 'rate' ? 4 : null,
      query: type === 'search' ? 'rally' : null,
      // Coarse, so that many events share a timestamp and the ids must break the tie.
      timestamp: NOW - Math.floor(random() * 40) * DAY,
    };
  });
}

const shuffled = <T>(list: readonly T[], seed: number): T[] => shuffle([...list], createSeededRng(seed));

const comparable = (signals: Signals) => ({
  ...signals,
  marks: listMarks(signals.marks).sort((a, b) => (`${a.itemId}${a.kind}` < `${b.itemId}${b.kind}` ? -1 : 1)),
});

it('gives the same signals in any order of delivery, in any batches, with duplicates, beyond every bound', () => {
  const log = makeLog(12_000, 9_000, 1);
  const replayed = foldEvents(emptySignals(), log).signals;
  expect(replayed.actions).toHaveLength(RECENT_ACTIONS_MAX);
  expect(listMarks(replayed.marks)).toHaveLength(MARKS_MAX);

  for (const seed of [2, 3]) {
    const delivered = shuffled([...log, ...log.slice(0, 4_000)], seed);
    let live = emptySignals();
    for (let from = 0; from < delivered.length; from += 700)
      live = foldEvents(live, delivered.slice(from, from + 700)).signals;
    expect(comparable(live)).toEqual(comparable(replayed));
  }
});

it('distinguishes new events from known ones, even within one batch, and does not change its input', () => {
  const [first, second] = makeLog(2, 5, 7) as [SignalEvent, SignalEvent];
  const before = foldEvents(emptySignals(), [first]).signals;
  const copy = structuredClone(before);
  const fold = foldEvents(before, [first, second, second]);
  expect(fold.added).toEqual([second]);
  expect(before).toEqual(copy);
  expect(foldEvents(before, [first]).signals).toBe(before);
});

it('derives weights, ownership, plays and dismissals; an interaction lifts a dismissal', () => {
  const event = (
    id: string,
    type: SignalEvent['type'],
    itemId: string | null,
    daysAgo: number,
    value: number | null = null,
  ) =>
    ({
      id,
      type,
      itemId,
      value,
      query: type === 'search' ? id : null,
      timestamp: NOW - daysAgo * DAY,
    }) satisfies SignalEvent;
  const { signals } = foldEvents(emptySignals(), [
    event('a', 'purchase', 'bought', 10),
    event('b', 'play', 'bought', 2, 600),
    event('c', 'dismiss', 'dismissed', 3),
    event('d', 'dismiss', 'dismissed-then-liked', 3),
    event('e', 'like', 'dismissed-then-liked', 1),
    event('f', 'rate', 'rated-low', 5, 0.5),
    event('g', 'view', 'viewed', 0),
    event('forgotten query', 'search', null, 4),
    event('older query', 'search', null, 2),
    event('newer query', 'search', null, 1),
    event('h', 'impression', 'shown', 0),
  ]);
  const user = deriveUserState(signals, EMPTY_PREFERENCES, NOW);
  expect(user.history.map(({ itemId }) => itemId)).toEqual([
    'viewed',
    'dismissed-then-liked',
    'bought',
    'dismissed',
    'rated-low',
  ]);
  expect(user.history.find(({ itemId }) => itemId === 'bought')).toEqual({
    itemId: 'bought',
    weight: 1.5,
    ageDays: 2,
    playedDaysAgo: 2,
    strongestType: 'play',
  });
  expect(user.history.find(({ itemId }) => itemId === 'rated-low')!.weight).toBe(-1);
  expect(user.owned).toEqual(['bought']);
  expect(user.played).toEqual(['bought', 'rated-low']);
  expect(user.dismissed).toEqual(['dismissed']);
  expect(user.searches).toEqual(['newer query', 'older query']);
});

it('retracts a like and a dismissal, in any order of delivery; a later one counts again', () => {
  const event = (id: string, type: SignalEvent['type'], itemId: string, hour: number): SignalEvent => ({
    ...{ id, type, itemId, value: null, query: null },
    timestamp: NOW - DAY + hour,
  });
  const log = [
    event('a', 'like', 'unliked', 1),
    event('b', 'unlike', 'unliked', 2),
    event('c', 'like', 'liked again', 1),
    event('d', 'unlike', 'liked again', 2),
    event('e', 'like', 'liked again', 3),
    event('f', 'dismiss', 'shown again', 1),
    event('g', 'undismiss', 'shown again', 2),
    event('h', 'dismiss', 'dismissed again', 1),
    event('i', 'undismiss', 'dismissed again', 2),
    event('j', 'dismiss', 'dismissed again', 3),
    event('k', 'dismiss', 'still dismissed', 1),
    event('l', 'like', 'still dismissed', 2),
    event('m', 'unlike', 'still dismissed', 3),
    // Of two events with one timestamp the retraction wins, whichever id comes first.
    event('n', 'unlike', 'at once', 1),
    event('o', 'like', 'at once', 1),
  ];
  for (const delivered of [log, log.toReversed(), shuffled([...log, ...log], 5)]) {
    const view = deriveUserState(foldEvents(emptySignals(), delivered).signals, EMPTY_PREFERENCES, NOW);
    expect(view.liked).toEqual(['liked again']);
    expect(view.dismissed.toSorted()).toEqual(['dismissed again', 'still dismissed']);
    expect(view.history.map(({ itemId, weight }) => [itemId, weight]).sort()).toEqual([
      ['dismissed again', -0.6],
      ['liked again', 1],
      ['still dismissed', -0.6],
    ]);
  }
});

it('takes back purchases and wishes, and all but ownership before a reset, in any order of delivery', () => {
  const event = (id: string, type: SignalEvent['type'], itemId: string | null, hour: number): SignalEvent => ({
    ...{ id, type, itemId, value: null, query: type === 'search' ? id : null },
    timestamp: NOW - DAY + hour,
  });
  const log = [
    event('a', 'purchase', 'given back', 1),
    event('b', 'refund', 'given back', 12),
    event('c', 'purchase', 'bought again', 1),
    event('d', 'refund', 'bought again', 2),
    event('e', 'purchase', 'bought again', 13),
    event('f', 'wishlist', 'wished no more', 11),
    event('g', 'unwishlist', 'wished no more', 12),
    // What lifted the dismissal was taken back.
    event('h', 'dismiss', 'dismissed', 11),
    event('i', 'purchase', 'dismissed', 12),
    event('j', 'refund', 'dismissed', 13),
    // Forgotten, all but who owns it.
    event('k', 'purchase', 'owned', 3),
    event('l', 'play', 'owned', 3),
    event('m', 'like', 'liked', 4),
    event('n', 'dislike', 'disliked', 4),
    event('searched before', 'search', null, 4),
    event('o', 'impression', 'shown', 4),
    event('p', 'like', 'at once', 10),
    event('q', 'reset', null, 10),
    event('r', 'reset', null, 5),
    event('s', 'click', 'clicked after', 14),
    event('t', 'impression', 'shown', 14),
    event('searched after', 'search', null, 14),
  ];
  const preferences = { ...EMPTY_PREFERENCES, genres: ['Puzzle'] };
  for (const delivered of [log, log.toReversed(), shuffled([...log, ...log], 5), shuffled(log, 6)]) {
    let signals = emptySignals();
    for (let from = 0; from < delivered.length; from += 3)
      signals = foldEvents(signals, delivered.slice(from, from + 3)).signals;
    const user = deriveUserState(signals, preferences, NOW);
    expect(user.owned.toSorted()).toEqual(['bought again', 'owned']);
    expect(user.dismissed).toEqual(['dismissed']);
    expect([user.played, user.liked]).toEqual([[], []]);
    expect(user.searches).toEqual(['searched after']);
    expect(user.shown).toEqual([{ itemId: 'shown', times: 1, passedOver: 1 }]);
    expect(user.history.map(({ itemId }) => itemId).sort()).toEqual(['bought again', 'clicked after', 'dismissed']);
    expect(user.preferences.genres).toEqual(['Puzzle']);
  }
});

it('derives the same state after a reset as if the player had only done what came later', () => {
  for (const seed of [11, 12, 13]) {
    const log = makeLog(400, 60, seed).filter(({ type }) => type !== 'reset');
    const resetAt = NOW - 20 * DAY;
    const reset: SignalEvent = { ...log[0]!, id: 'reset', type: 'reset', itemId: null, timestamp: resetAt };
    const derive = (events: readonly SignalEvent[]) => {
      const { owned, ...rest } = deriveUserState(foldEvents(emptySignals(), events).signals, EMPTY_PREFERENCES, NOW);
      const lists = { played: rest.played.sort(), liked: rest.liked.sort(), dismissed: rest.dismissed.sort() };
      return { owned: owned.sort(), rest: { ...rest, ...lists } };
    };
    const forgotten = derive(shuffled([...log, reset, reset], seed));
    expect(forgotten.owned).toEqual(derive(log).owned);
    expect(forgotten.rest).toEqual(derive(log.filter(({ timestamp }) => timestamp > resetAt)).rest);
  }
});
