// gorse's own npm client, unchanged, against the Worker in workerd over HTTP.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { Gorse, GorseException } from 'gorsejs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readBlocks, readGuide } from '../scripts/abuse/guide-blocks.ts';
import { startWorkerd } from '../scripts/bench/workerd.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { openPatientProxy, type PatientProxy } from './patient-proxy.ts';

const KEY = 'gorse-key';
/** The Worker that the guide names. */
const ENDPOINT = 'https://bloodstream.example.workers.dev';
const TIMESTAMP = '2026-08-07T00:26:46Z';

let server: Awaited<ReturnType<typeof startWorkerd>>;
let proxy: PatientProxy;
let client: Gorse<string>;

beforeAll(async () => {
  server = await startWorkerd({
    configPath: path.join(PROJECT_DIR, 'wrangler.toml'),
    secrets: { ADMIN_KEY: KEY },
    vars: { GORSE_API: 'on' },
  });
  await server.stores();
  proxy = await openPatientProxy(server.url);
  client = new Gorse({ endpoint: proxy.url, secret: KEY });
});
afterAll(async () => {
  proxy?.close();
  await server?.close();
});

const star = (UserId: string, ItemId: string) => ({ FeedbackType: 'star', UserId, ItemId, Timestamp: TIMESTAMP });
const rejectsWith = (code: number) => expect.objectContaining({ name: 'GorseException', code });

it('stores, reads, changes, lists and deletes items', async () => {
  const item = { ItemId: '100', IsHidden: true, Labels: ['a', 'b'], Categories: ['d', 'e'], Comment: 'comment' };
  expect(await client.upsertItem({ ...item, Timestamp: TIMESTAMP })).toBe(1);
  expect(await client.getItem('100')).toStrictEqual({ ...item, Timestamp: '2026-08-07T00:00:00Z' });
  expect(await client.updateItem('100', { ItemId: '100', IsHidden: false, Timestamp: TIMESTAMP, Comment: 'new' })).toBe(
    1,
  );
  expect(await client.insertItemCategory('100', 'f')).toBe(1);
  expect(await client.deleteItemCategory('100', 'd')).toBe(1);
  expect(await client.getItem('100')).toMatchObject({ IsHidden: false, Comment: 'new', Categories: ['e', 'f'] });
  const more = ['200', '300'].map((ItemId) => ({ ...item, ItemId, IsHidden: false, Timestamp: new Date() }));
  expect(await client.upsertItems(more)).toBe(2);
  const first = await client.getItems({ n: 2 });
  const second = await client.getItems({ n: 2, Cursor: first.Cursor });
  expect([...first.Items, ...second.Items].map(({ ItemId }) => ItemId)).toEqual(['100', '200', '300']);
  expect(second.Cursor).toBe('');
  expect(await client.deleteItem('100')).toBe(1);
  await expect(client.getItem('100')).rejects.toThrow(GorseException);
  await expect(client.getItem('100')).rejects.toEqual(rejectsWith(404));
});

it('sends, reads and takes back feedback', async () => {
  expect(await client.insertFeedbacks([star('bob', '200'), { ...star('bob', '300'), FeedbackType: 'read' }])).toBe(2);
  expect(await client.insertFeedbacks([star('bob', '200')])).toBe(0);
  expect(await client.upsertFeedbacks([{ ...star('bob', '200'), Timestamp: new Date() }])).toBe(1);
  expect(await client.getFeedback({ type: 'star', userId: 'bob', itemId: '200' })).toMatchObject({ ItemId: '200' });
  expect(await client.getUserFeedback('bob')).toHaveLength(2);
  expect(await client.getUserFeedbackByType('bob', 'read')).toMatchObject([{ FeedbackType: 'view', ItemId: '300' }]);
  expect(await client.deleteFeedback({ type: 'star', userId: 'bob', itemId: '200' })).toEqual({ RowAffected: 1 });
  await expect(client.getFeedback({ type: 'star', userId: 'bob', itemId: '200' })).rejects.toEqual(rejectsWith(404));
  await expect(client.insertFeedbacks([{ ...star('bob', '200'), FeedbackType: 'share' }])).rejects.toEqual(
    rejectsWith(400),
  );
  // This Worker does not have the endpoint.
  const absent = [() => client.getFeedbacks(), () => client.getFeedbacks('star'), () => client.getItemFeedback('200')];
  for (const ask of absent) await expect(ask()).rejects.toEqual(rejectsWith(404));
});

it('knows users, and erases them', async () => {
  // As gorsejs's own test of users does.
  const user = { UserId: '100', Labels: ['a', 'b', 'c'], Comment: 'comment' };
  expect(await client.insertUser(user)).toBe(1);
  expect(await client.getUser('100')).toStrictEqual({ ...user, Subscribe: null });
  expect(await client.deleteUser('100')).toBe(1);
  await expect(client.getUser('100')).rejects.toThrow(GorseException);
  expect(await client.insertUsers([{ ...user, UserId: '101' }, { UserId: '102' }])).toBe(2);
  expect(await client.updateUser('101', { UserId: '101', Comment: 'changed' })).toBe(1);
  expect(await client.getUser('101')).toMatchObject({ Labels: ['a', 'b', 'c'], Comment: 'changed' });
  expect((await client.getUsers({ n: 100 })).Users.map(({ UserId }) => UserId)).toEqual(
    expect.arrayContaining(['101', '102']),
  );
  await expect(client.updateUser('new', { UserId: 'new', Comment: 'changed' })).rejects.toEqual(rejectsWith(404));
  await expect(client.getUser('new')).rejects.toEqual(rejectsWith(404));
  await client.insertFeedbacks([star('cat', '200')]);
  expect(await client.getUser('cat')).toMatchObject({ UserId: 'cat' });
  const listUsers = async () => (await client.getUsers({ n: 100 })).Users.map(({ UserId }) => UserId);
  await expect.poll(listUsers, { interval: 200 }).toContain('cat');
  expect(await client.deleteUser('cat')).toBe(1);
  await expect.poll(() => client.getUser('cat').catch((error) => error)).toEqual(rejectsWith(404));
  await expect(client.getUserNeighbors({ userId: 'cat' })).rejects.toEqual(rejectsWith(404));
});

it('recommends, for users and sessions, with categories, and lists items', async () => {
  await client.insertFeedbacks([{ ...star('dora', '200'), FeedbackType: 'purchase' }]);
  expect(await client.getRecommend({ userId: 'dora', cursorOptions: { n: 10 } })).toEqual(['300']);
  const written = { userId: 'dora', category: 'e', writeBackType: 'read', writeBackDelay: '10s' };
  expect(await client.getRecommend(written)).toEqual(['300']);
  expect(await client.getUserFeedbackByType('dora', 'impression')).toMatchObject([{ ItemId: '300' }]);
  expect(await client.getRecommend({ userId: 'dora', category: 'no such', cursorOptions: { offset: 1 } })).toEqual([]);
  const score = (Id: string) => ({ Id, Score: expect.any(Number) });
  const session = [{ ...star('anyone', '200'), FeedbackType: 'click' }];
  expect(await client.getSessionRecommend(session, { cursorOptions: { n: 5 } })).toEqual([score('300')]);
  expect(await client.getItemNeighbors({ itemId: '200', category: 'd' })).toEqual([score('300')]);
  for (const list of [client.getPopular({}), client.getLatest({ category: 'e', cursorOptions: { n: 2 } })])
    expect(await list).toEqual(expect.arrayContaining([score('200'), score('300')]));
});

it('runs the snippet of the guide', async () => {
  const [snippet, ...others] = readBlocks(readGuide('guides/gorse.md')).filter(({ kind }) => kind === 'elsewhere');
  expect([snippet!.text.split(ENDPOINT).length, others]).toEqual([2, []]);
  const script = snippet!.text.replace(ENDPOINT, server.url);
  // In a process of its own, as its reader runs it.
  await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: PROJECT_DIR,
    env: { ...process.env, BLOODSTREAM_KEY: KEY },
  });
  const sent = { type: 'star', userId: 'player-0001', itemId: 'wynmere' };
  expect(await client.getFeedback(sent)).toMatchObject({ FeedbackType: 'like', ItemId: 'wynmere' });
});

it('refuses another key', async () => {
  const stranger = new Gorse({ endpoint: server.url, secret: 'guess' });
  await expect(stranger.getPopular({})).rejects.toEqual(rejectsWith(401));
});
