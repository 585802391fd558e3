import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import type { EventInput, EventResult } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { makeKeyCaller } from '../../tests/caller.ts';
import { createRankingInput } from '../../tests/ranking-input.ts';
import { Budget } from '../serving/budget.ts';
import { isolate } from '../serving/isolate.ts';
import { answerGallery } from '../serving/ladder.ts';
import type { Caller } from './caller.ts';
import { postGallery, type RecordingRecommender } from './gallery-after-events.ts';

interface Answer {
  results: EventResult[];
  gallery: Gallery;
}

async function post(userId: string, events: object[], query = ''): Promise<Answer> {
  const response = await exports.default.fetch(`http://edge/v1/users/${userId}/gallery${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    body: JSON.stringify({ events }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as Answer;
}
const listIds = ({ rows }: Gallery, omitted?: string) =>
  rows.filter(({ id }) => id !== omitted).flatMap(({ items }) => items.map(({ itemId }) => itemId));

beforeAll(async () => {
  const items = Array.from({ length: 30 }, (_, index) => ({ itemId: `game-${index}`, title: `Game ${index}` }));
  await exports.default.fetch('http://edge/v1/items', {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test-admin' },
    body: JSON.stringify({ items }),
  });
  // A cold isolate may wait for it beyond the deadline, and say so.
  await isolate.getCatalogue(env, Date.now(), () => {}, 5_000);
});

it('a gallery answers the events that were sent with it; the events reach the log', async () => {
  const sent: Partial<EventInput>[] = [
    { id: 'a', userId: 'new-player', type: 'play', itemId: 'game-1', value: 45 },
    { id: 'b', userId: 'new-player', type: 'dismiss', itemId: 'game-2' },
    { id: 'b', userId: 'new-player', type: 'dismiss', itemId: 'game-2' },
    { id: 'c', userId: 'somebody-else', type: 'dismiss', itemId: 'game-3' },
    { id: 'd', userId: 'new-player', type: 'dismiss' },
  ];
  const { results, gallery } = await post('new-player', sent, '?n=100&expand=item');
  expect(results).toEqual([
    { id: 'a', status: 'accepted' },
    { id: 'b', status: 'accepted' },
    { id: 'b', status: 'duplicate' },
    { id: 'c', status: 'rejected', reason: 'userId: is not the player of the path' },
    { id: 'd', status: 'rejected', reason: 'itemId: is required for dismiss' },
  ]);
  // The played and the dismissed game are missing from the thirty.
  const reason = 'Only 28 of 30 games pass the filters of the request, the player and the store’s rules.';
  expect(gallery.degraded).toEqual([{ step: 'filters', reason }]);
  expect(gallery.rows.find(({ id }) => id === 'continue')!.items.map(({ itemId }) => itemId)).toEqual(['game-1']);
  expect(gallery.rows[0]!.items[0]!.item!.title).toEqual(expect.any(String));
  const shown = listIds(gallery, 'continue');
  expect(shown).toContain('game-3');
  for (const gone of ['game-1', 'game-2']) expect(shown).not.toContain(gone);
  await expect
    .poll(async () => (await env.DB.prepare('select user_id as user, id from events order by id').all()).results)
    .toEqual([
      { user: 'new-player', id: 'a' },
      { user: 'new-player', id: 'b' },
    ]);
});

it('the first events of a player plan a backup gallery', async () => {
  // In the future: the alarm must not run before it is read.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2100, 0, 1) });
  onTestFinished(() => void vi.useRealTimers());
  await post('first-timer', [{ id: 'a', userId: 'first-timer', type: 'click', itemId: 'game-1' }]);
  const alarm = await runInDurableObject(env.USER_SIGNALS.getByName('first-timer'), (_, { storage }) =>
    storage.getAlarm(),
  );
  // The check of the log comes much later.
  expect(alarm! - Date.now()).toBeLessThan(5_000);
});

it('a request whose events are all rejected still gets a gallery', async () => {
  const { results, gallery } = await post('new-player', [{ id: 'e', userId: 'other', type: 'reset' }]);
  expect(results.map(({ status }) => status)).toEqual(['rejected']);
  expect(listIds(gallery, 'continue')).not.toContain('game-2');
});

const SERVER: Caller = makeKeyCaller(['admin']);
const query = { n: 5, expand: undefined, deadlineMs: 100 };
const click = (id: string) => ({ id, userId: 'ann', type: 'click', itemId: 'a' });
const postAs = (recommender: Partial<RecordingRecommender>) => {
  const input = createRankingInput();
  return postGallery({ params: { userId: 'ann' }, query, body: { events: [click('1')] }, caller: SERVER }, {
    readRequest: () => ({ userId: 'ann', context: input.context, budget: new Budget(query.deadlineMs) }),
    answerGallery: (request: object, n: number) => answerGallery({ ...request, env, waitUntil() {} } as never, n),
    recordAnswer() {},
    queueEvents: async () => {},
    waitUntil() {},
    countAccepted() {},
    ...recommender,
  } as RecordingRecommender);
};

it('is refused as a whole if the object does not record the events', async () => {
  const recordAndRead = vi.fn().mockRejectedValue(new Error('down'));
  await expect(postAs({ recordAndRead })).rejects.toMatchObject({ kind: 'unavailable' });
});

it('keeps the deadline of the gallery where the object is slow, and acknowledges once it has recorded', async () => {
  const user = createRankingInput().user;
  const { promise: served, resolve: serve } = Promise.withResolvers<void>();
  const { promise: recording, resolve: record } = Promise.withResolvers<void>();
  const recordAndRead = async () => {
    await recording;
    return { recorded: { ids: ['1'], shard: 0 }, user, complete: true, moment: { row: 1, at: 0 } };
  };
  let isAcknowledged = false;
  const posted = postAs({
    recordAndRead,
    answerGallery: async (request, n) => {
      const answer = await answerGallery({ ...request, env, waitUntil() {} } as never, n);
      serve();
      return answer;
    },
  }).finally(() => {
    isAcknowledged = true;
  });
  await served;
  await scheduler.wait(50);
  expect(isAcknowledged).toBe(false);
  record();
  const { results, gallery } = await posted;
  expect(results).toEqual([{ id: '1', status: 'accepted' }]);
  expect(gallery.degraded.map(({ step }) => step)).toContain('signals');
});
