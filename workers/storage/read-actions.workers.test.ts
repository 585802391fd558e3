import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { completeEvent } from '../../models/contracts/event.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { emptySignals, foldEvents, toSignalEvent } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { insertEvents, readActionsOf, readSignalEvents } from './events.ts';

const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

const makeEvent = (userId: string, n: number, more: object) =>
  completeEvent({
    id: `${userId}-${n}`,
    userId,
    type: 'play',
    itemId: `g${n % 60}`,
    timestamp: START + Math.floor(n / 2) * HOUR_MS,
    receivedAt: START,
    ...more,
  });

it('reads for many players at once what it reads for one, except impressions', async () => {
  const busy = Array.from({ length: 520 }, (_, n) => makeEvent('busy', n, n === 0 ? { itemId: 'old' } : {}));
  const various = [
    { type: 'rate', value: 10 / 3, country: 'CH', platform: 'windows' },
    { type: 'search', query: 'a "quoted" \\ query, für 𝒻ünf\n', itemId: undefined },
    { type: 'impression' },
    { type: 'like' },
    { type: 'unlike' },
    { type: 'purchase', value: 2 },
  ].map((more, n) => makeEvent('various', n, more));
  await insertEvents(env.LOG_0, [...busy, ...various]);

  const together = await readActionsOf([env.LOG_0], ['busy', 'various', 'various', 'nobody']);
  for (const [userId, count] of Object.entries({ busy: 500, various: 5, nobody: 0 })) {
    const alone = (await readSignalEvents([env.LOG_0], userId)).filter(({ type }) => type !== 'impression');
    const own = together.filter((event) => event.userId === userId);
    const fold = (events: typeof own) => foldEvents(emptySignals(), events.map(toSignalEvent)).signals;
    expect(fold(own)).toEqual(fold(alone));
    expect(fold(own).actions.length).toBe(count);
    const derive = (events: typeof own) => deriveUserState(fold(events), EMPTY_PREFERENCES, START + DAY_MS);
    expect(derive(own)).toEqual(derive(alone));
  }
  expect(together.filter(({ itemId }) => itemId === 'old').map(({ id }) => id)).toEqual(['busy-0']);
  const rated = together.filter(({ type }) => type === 'rate');
  expect(rated).toMatchObject([{ value: 10 / 3, country: 'CH', platform: 'windows' }]);
});
