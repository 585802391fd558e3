// What experiments add to answers and to the messages behind them, through the API.

import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import { ItemInput } from '../../models/contracts/item.ts';
import { type RecordedAnswer, SlateMessage } from '../../models/contracts/slate.ts';
import { listEntries } from '../../models/contracts/slate-entries.ts';
import { makeRunning, runExperiments } from '../../tests/run-experiments.ts';
import { isolate } from '../serving/isolate.ts';
import { putItems } from '../storage/items.ts';
import { app } from './app.ts';

const games = Array.from({ length: 40 }, (_, index) => ({
  itemId: `game-${index}`,
  ...ItemInput.parse({ title: `${index} Miles`, genres: ['Strategy'], releaseDate: '2026-01-01' }),
}));
const half = (id: string, change: object = {}) => ({ id, share: 0.5, ...change });
/** Lists read the weight; pages also read the rows. */
const EXPERIMENTS = [
  makeRunning('pages', { variants: [half('control'), half('short', { settings: { rows: ['top-picks'] } })] }),
  makeRunning('weights', {
    layer: 'weights',
    variants: [
      half('control'),
      half('flat', { settings: { similarityWeight: 0 } }),
      { id: 'unseen', policy: 'popularity' },
    ],
  }),
];

beforeAll(() => putItems(env.DB, games));
beforeEach(async () => {
  await runExperiments(env, EXPERIMENTS);
  await isolate.state.publish(env, Date.now(), () => {});
});

async function ask(path: string, key = 'test-admin') {
  const sent: SlateMessage[] = [];
  const SLATES = { send: async (message: SlateMessage) => void sent.push(message) } as unknown as Env['SLATES'];
  const ctx = createExecutionContext();
  const response = await app.fetch(
    new Request(`http://localhost/v1/${path}`, { headers: { authorization: `Bearer ${key}` } }),
    { ...env, SLATES },
    ctx,
  );
  const body: unknown = await response.json();
  await waitOnExecutionContext(ctx);
  // The consumer takes it.
  for (const message of sent) expect(SlateMessage.safeParse(message).error).toBeUndefined();
  return { status: response.status, body, sent: sent.flatMap(({ answers }) => answers) };
}
const askGallery = async (user: string, query = '') => {
  const { status, body, sent } = await ask(`users/${user}/gallery?deadlineMs=5000${query}`);
  expect(status, JSON.stringify(body)).toBe(200);
  return { gallery: body as Gallery, sent };
};
const readExposures = (sent: readonly RecordedAnswer[]) => sent.flatMap(({ exposures = [] }) => exposures);

it('logs an exposure with the slate of each answer that an experiment made a difference to', async () => {
  const { gallery, sent } = await askGallery('ann');
  const { experiments, recommendationId } = gallery;
  expect(experiments.map(({ experimentId }) => experimentId)).toEqual(['pages', 'weights']);
  expect(sent).toHaveLength(1);
  expect(sent[0]!.slate!.recommendationId).toBe(recommendationId);
  expect(sent[0]!.exposures).toEqual(
    experiments.map((assignment) => ({
      ...assignment,
      userId: 'ann',
      recommendationId,
      at: expect.any(Number),
      isNewUser: true,
      degraded: gallery.degraded.length > 0,
      isEmpty: false,
      failed: false,
      elapsedMs: expect.any(Number),
    })),
  );

  const { body, sent: ofList } = await ask('users/ann/recommendations?deadlineMs=5000');
  const list = body as Recommendations;
  expect(list.experiments).toEqual(experiments.filter(({ experimentId }) => experimentId === 'weights'));
  expect(readExposures(ofList)).toMatchObject([{ ...list.experiments[0], recommendationId: list.recommendationId }]);
  const { recommendationId: idOfList, release } = list;
  expect(ofList[0]).toMatchObject({ slate: null, answer: { recommendationId: idOfList, release } });
});

it('says that an answer was empty', async () => {
  const { gallery, sent } = await askGallery('ann', '&platform=amiga&ageLimit=3');
  expect(gallery.rows).toEqual([]);
  expect(readExposures(sent).map(({ isEmpty }) => isEmpty)).toEqual([true, true]);
});

it('logs no exposure of an explained page, a page of a policy, and a list for everybody', async () => {
  expect(readExposures((await askGallery('ann', '&explain=1')).sent)).toEqual([]);
  const { gallery, sent } = await askGallery('ann', '&policy=popularity');
  expect(gallery.experiments).toEqual([]);
  expect(readExposures(sent)).toEqual([]);
  const { body } = await ask('items/popular');
  expect((body as Recommendations).experiments).toEqual([]);
  await runExperiments(env, []);
  await isolate.state.publish(env, Date.now(), () => {});
  expect((await askGallery('ann')).sent[0]).not.toHaveProperty('exposures');
});

it('logs who picked which game of an interleaved row, and leaves the row out of the slate', async () => {
  await runExperiments(env, [
    makeRunning('turns', {
      kind: 'interleaving',
      variants: [half('control'), half('flat', { settings: { similarityWeight: 0 } })],
    }),
  ]);
  await isolate.state.publish(env, Date.now(), () => {});
  const { gallery, sent } = await askGallery('ann', '&n=6');
  const [recorded] = sent;
  // Clicks are credited to players who are in the experiment, as the control's.
  expect(recorded!.exposures).toMatchObject([{ experimentId: 'turns', variant: 'control', userId: 'ann' }]);
  expect(recorded!.interleaved).toMatchObject([{ experimentId: 'turns', recommendationId: gallery.recommendationId }]);
  const { teams } = recorded!.interleaved![0]!;
  expect(Object.keys(teams)).toEqual(['control', 'flat']);
  const [first, ...others] = gallery.rows;
  expect(Object.values(teams).flat().sort()).toEqual(first!.items.map(({ itemId }) => itemId).sort());
  expect(others.length).toBeGreaterThan(0);
  // The other rows keep their places on the page.
  const rows = new Set(listEntries(recorded!.slate!.entries).map(({ row, rowId }) => `${row} ${rowId}`));
  expect(rows).toEqual(new Set(others.map(({ id }, index) => `${index + 1} ${id}`)));
});

it('counts the failure of a row that cannot be interleaved, and answers by the default algorithm', async () => {
  await runExperiments(env, [
    makeRunning('turns', {
      kind: 'interleaving',
      variants: [half('control'), half('throws', { settings: { rows: 5 as never } })],
    }),
  ]);
  await isolate.state.publish(env, Date.now(), () => {});
  const { gallery, sent } = await askGallery('ann', '&n=6');
  expect(gallery.rows.length).toBeGreaterThan(0);
  const [recorded] = sent;
  expect(recorded!.exposures).toMatchObject([{ experimentId: 'turns', variant: 'control', failed: true }]);
  expect(recorded!.interleaved).toBeUndefined();
});

it('lets an admin look at variants without counting or logging', async () => {
  const look = (query: string, key?: string) => ask(`users/ann/gallery?deadlineMs=5000&variant=${query}`, key);
  for (const variant of ['control', 'short']) {
    const { status, body, sent } = await look(`pages:${variant},weights:flat`);
    expect(status).toBe(200);
    const { experiments, rows } = body as Gallery;
    expect(experiments).toEqual([
      { experimentId: 'pages', variant },
      { experimentId: 'weights', variant: 'flat' },
    ]);
    expect(rows.length === 1).toBe(variant === 'short');
    expect(sent).toEqual([]);
  }
  const shadow = (await look('weights:unseen')).body as Gallery;
  expect(shadow.rows[0]!.id).toBe('popularity-1');
  const list = await ask('users/ann/recommendations?deadlineMs=5000&variant=weights:flat');
  expect(list.body).toMatchObject({ experiments: [{ experimentId: 'weights', variant: 'flat' }] });
  expect(list.sent).toEqual([]);

  expect(await look('pages:tall')).toMatchObject({
    status: 400,
    body: { detail: expect.stringContaining('pages:tall') },
  });
  expect(await look('gone:short')).toMatchObject({ status: 400 });
  expect(await look('short')).toMatchObject({ status: 400 });
  expect(await look('pages:short', 'test-read')).toMatchObject({ status: 403 });
});
