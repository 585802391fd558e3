import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import type { RankingContents } from '../../models/ranking/train-ranker.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { publishHere } from '../../tests/publish-here.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { putItems } from '../storage/items.ts';
import { isolate } from './isolate.ts';
import { makeGalleries, makeGallery, type Player } from './make-gallery.ts';

const { TRAINER } = env as unknown as { TRAINER: Fetcher };
const ITEMS = 200;
const TOGETHER = 4;
const surroundings = { env, waitUntil: () => {} };

/** Every fifth has no history, and every seventh one that the release does not know. */
const players = Array.from({ length: 4 * TOGETHER + 3 }, (_, player): Player => {
  const known = player % 5 === 0 ? 0 : (player * 11) % 40;
  const history = Array.from({ length: known }, (__, at) => ({
    itemId: player % 7 === 0 ? 'unknown' : `g${(player * 17 + at * 3) % ITEMS}`,
    weight: 1 - at / 50,
    ageDays: at,
    strongestType: 'like',
  }));
  const owned = history.slice(0, 2).map(({ itemId }) => itemId);
  return { userId: `p${player}`, context: EMPTY_CONTEXT, user: { ...EMPTY_USER_STATE, history, owned } };
});

beforeAll(async () => {
  const items = Array.from({ length: ITEMS }, (_, index) => createItem(index));
  await putItems(env.DB, items);
  const drawn = await (await TRAINER.fetch('http://trainer/ranker')).json<RankingContents & { model: number[] }>();
  await publishFake(env.BUCKET, 'good', {
    itemIds: items.slice(0, ITEMS - 10).map(({ itemId }) => itemId),
    shift: 0,
    alter: (contents) => Object.assign(contents, { ranking: { ...drawn, model: Uint8Array.from(drawn.model) } }),
  });
  await publishHere(env);
  await isolate.getRelease(env, Date.now(), () => {}, 10_000);
  await isolate.getCatalogue(env, Date.now(), () => {}, 10_000);
});

afterEach(() => void vi.restoreAllMocks());

/** Exploration draws from an answer's id. */
const fixIds = () => vi.spyOn(crypto, 'randomUUID').mockReturnValue('00000000-0000-4000-8000-000000000000');

async function makeInBulk(onGallery: () => void = () => {}, given: Iterable<Player> = players) {
  fixIds();
  const galleries: (StoredGallery | undefined)[] = [];
  for await (const { player, gallery } of makeGalleries(given, surroundings)) {
    expect(player).toBe(players[galleries.length]);
    galleries.push(gallery);
    onGallery();
  }
  return galleries;
}

it('makes the same galleries in bulk as one at a time, and scores several histories in one run', async () => {
  const { scorer, ranking } = isolate.peekRelease().value!;
  fixIds();
  const alone: (StoredGallery | undefined)[] = [];
  for (const player of players) {
    const { rows, ...gallery } = (await makeGallery({ ...player, ...surroundings }))!;
    for (const { item, itemId } of rows.flatMap((row) => row.items)) expect(item!.itemId).toBe(itemId);
    const items = (row: (typeof rows)[number]) => row.items.map(({ item: _, ...one }) => one);
    alone.push({ ...gallery, rows: rows.map((row) => ({ ...row, items: items(row) })) });
  }
  expect(new Set(alone.map((gallery) => JSON.stringify(gallery!.rows))).size).toBeGreaterThan(TOGETHER);

  const scores = vi.spyOn(scorer, 'score');
  const predictions = vi.spyOn(ranking.ranker!, 'predict');
  const bulk = await makeInBulk();
  const withoutTime = (gallery: StoredGallery | undefined) => ({ ...gallery, generatedAt: undefined });
  expect(bulk.map(withoutTime)).toEqual(alone.map(withoutTime));
  expect(scores.mock.calls.map(([{ batch }]) => batch)).toEqual([3, 2, 3, 2, 3]);
  expect(predictions.mock.calls.length).toBe(players.length);
});

it('lets other requests through before each gallery', async () => {
  let turns = 0;
  let isRunning = true;
  const others = (async () => {
    for (; isRunning; turns++) await scheduler.wait(0);
  })();
  const turnsBefore: number[] = [];
  await makeInBulk(() => turnsBefore.push(turns)).finally(() => (isRunning = false));
  await others;
  // Before the histories are scored, and before the first gallery is composed.
  expect(turnsBefore[0]).toBeGreaterThanOrEqual(2);
  for (let next = 1; next < players.length; next++)
    expect(turnsBefore[next]! - turnsBefore[next - 1]!).toBeGreaterThanOrEqual(1);
});

it('reads players only as it makes their galleries', async () => {
  let read = 0;
  let made = 0;
  const reading = (function* () {
    for (const player of players) {
      read++;
      yield player;
    }
  })();
  await makeInBulk(() => expect(read - made++).toBeLessThanOrEqual(TOGETHER), reading);
  expect([read, made]).toEqual([players.length, players.length]);
});

it('makes no gallery if the model fails, except for players whom it does not score', async () => {
  vi.spyOn(isolate.peekRelease().value!.scorer, 'score').mockRejectedValue(new Error('the model is down'));
  const bulk = await makeInBulk();
  const isScored = ({ user: { history } }: Player) => history.some(({ itemId }) => itemId !== 'unknown');
  for (const [at, player] of players.entries()) expect(bulk[at] === undefined, player.userId).toBe(isScored(player));
});
