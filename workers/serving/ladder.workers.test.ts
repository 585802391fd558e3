// The ladder, rung by rung, with injected faults: real D1, R2, objects and onnxruntime behind bindings that are slow,
// down or return wrong data.

import { env } from 'cloudflare:workers';
import { beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import type { EventType } from '../../models/contracts/event.ts';
import type { Item } from '../../models/contracts/item.ts';
import { releaseKey } from '../../models/contracts/layout.ts';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { RuleInput } from '../../models/contracts/rule.ts';
import type { BatchGallery } from '../../models/contracts/stored-gallery.ts';
import { emptySignals, foldEvents } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { makeEvent } from '../../tests/event.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { forgetHere, publishHere } from '../../tests/publish-here.ts';
import { runAlarm } from '../../tests/run-alarm.ts';
import { readStatistics } from '../recommending/sources.ts';
import { insertEvents } from '../storage/events.ts';
import { writeBatchGalleries } from '../storage/galleries.ts';
import { patchItem, putItems } from '../storage/items.ts';
import { STATE_KEY } from '../storage/published-state.ts';
import { deleteRule, putRule } from '../storage/rules.ts';
import { writeStatistics } from '../storage/statistics.ts';
import { writePreferences } from '../storage/users.ts';
import { Budget } from './budget.ts';
import { hydrate } from './hydrate.ts';
import { Isolate } from './isolate.ts';
import { answerGallery, answerRecommendations } from './ladder.ts';
import type { RecommendationRequest } from './recommendation-request.ts';

const makeItem = (index: number): Item => ({
  itemId: `g${index}`,
  title: `${index} Miles of Road`,
  genres: [index % 2 === 0 ? 'Strategy' : 'Racing'],
  tags: [],
  developer: null,
  releaseDate: `2025-01-${String((index % 28) + 1).padStart(2, '0')}`,
  price: null,
  currency: null,
  ageRating: index % 5 === 0 ? 18 : 6,
  platforms: [],
  coverUrl: null,
  hidden: false,
});
const items = Array.from({ length: 130 }, (_, index) => makeItem(index));
const event = (userId: string, id: string, type: EventType, itemId: string) =>
  logged(userId, id, type, itemId, Date.now());

const logged = (userId: string, id: string, type: EventType, itemId: string, timestamp: number) =>
  makeEvent(userId, type, itemId, timestamp, { id });

/** A binding whose methods behave as `fault` does. */
const faulty = <T extends object>(binding: T, fault: (ask: () => unknown, method: string) => unknown): T =>
  new Proxy(binding, {
    get: (target, method) => {
      const value = Reflect.get(target, method);
      return typeof value === 'function'
        ? (...args: unknown[]) => fault(() => value.apply(target, args), String(method))
        : value;
    },
  });
const down = (what: string) => () => {
  throw new Error(`${what} is down`);
};
/** Long enough for everything that is not made slow, even on a busy machine. */
const DEADLINE_MS = 5_000;
/** A deadline of answers that do not wait for what is slow: three fifths of it are less than SLOW_MS. */
const SHORT = { deadlineMs: 1_500 };
const SLOW_MS = 950;
const slow = (ask: () => unknown) => new Promise((resolve) => setTimeout(resolve, SLOW_MS)).then(ask);
/** Objects whose methods behave as `fault` does. */
const objects = (fault: (ask: () => unknown, method: string) => unknown) => ({
  getByName: (name: string) => faulty(env.USER_SIGNALS.getByName(name), fault),
});
/** D1 prepares a statement at once and runs it later; the fault occurs when it runs. */
const database = (fault: (ask: () => unknown) => unknown) =>
  faulty(env.DB, (ask, method) => {
    const made = ask();
    if (method !== 'prepare') return fault(() => made);
    const statement = (real: object): object =>
      faulty(real, (run, name) => (name === 'bind' ? statement(run() as object) : fault(run)));
    return statement(made as object);
  });

const slowBucket = faulty(env.BUCKET, slow);

/** Requests through one isolate; a new one is cold. */
function start(isolate = new Isolate()) {
  const toRequest = (userId: string, faults: object, deadlineMs: number): RecommendationRequest => ({
    // One database holds the log and the small data.
    env: { ...env, ...faults, ...('DB' in faults && { LOG_0: faults.DB }) } as Env,
    userId,
    context: EMPTY_CONTEXT,
    keepsContext: true,
    budget: new Budget(deadlineMs),
    isolate,
    waitUntil: (promise) => void promise.catch(() => {}),
  });
  const ask = async (
    userId: string,
    faults: object = {},
    { deadlineMs = DEADLINE_MS, exclude = [] as string[] } = {},
  ) => {
    const { answer, rows } = await answerGallery(toRequest(userId, faults, deadlineMs), 12, { exclude });
    return { ...answer, rows, shown: rows.flatMap((row) => row.items.map(({ itemId }) => itemId)) };
  };
  const askItems = async (userId: string, genre: string, faults: object, recommendationId?: string) => {
    const request = { ...toRequest(userId, faults, DEADLINE_MS), recommendationId };
    const { answer, items } = await answerRecommendations(request, 12, { genre });
    return { ...answer, shown: items.map(({ itemId }) => itemId) };
  };
  const readInput = async (faults: object) => (await hydrate(toRequest('ann', faults, 2_000))).input;
  return { ask, askItems, readInput, isolate };
}
/** An isolate that has cached everything. */
async function startWarm() {
  const { ask, askItems, isolate } = start();
  await expect.poll(async () => (await ask('warmer', {}, { deadlineMs: 2_000 })).release).toBe('good');
  return { ask, askItems, isolate };
}
/** A player who likes g7, owns g9 and dismissed g1. */
async function makePlayer(userId: string) {
  const player = env.USER_SIGNALS.getByName(userId);
  await player.record([
    event(userId, '1', 'like', 'g7'),
    event(userId, '2', 'purchase', 'g9'),
    event(userId, '3', 'dismiss', 'g1'),
  ]);
  return player;
}

beforeEach(async () => {
  await putItems(env.DB, items);
  await publishFake(env.BUCKET, 'good', { itemIds: items.map(({ itemId }) => itemId), shift: 0 });
  await writeStatistics(env.BUCKET, {
    schema: 1,
    computedAt: '2026-01-01T00:00:00Z',
    popularUntil: '2026-02-01',
    popular: items.map(({ itemId }, index) => [itemId, 200 - index]),
    trending: [],
    bestRated: [],
    trendingByCountry: {},
    popularByCountry: {},
    ownPopularByCountry: {},
    hiddenGems: [],
  });
  await publishHere(env);
});

const batchOf = (...itemIds: string[]): BatchGallery => ({
  recommendationId: 'made-in-bulk',
  generatedAt: '2026-01-01T00:00:00Z',
  release: 'good',
  dataUntil: null,
  rows: [
    {
      id: 'top-picks',
      title: 'Top picks for you',
      reason: '',
      items: itemIds.map((itemId) => ({
        itemId,
        score: 1,
        reason: '',
        item: items.find((one) => one.itemId === itemId),
      })),
    },
  ],
  ownedOrPlayed: ['g9'],
  dismissed: ['g1'],
  ageLimit: 12,
});

it('answers online if nothing fails', async () => {
  const { ask } = await startWarm();
  await makePlayer('ann');
  expect(await ask('ann')).toMatchObject({ tier: 'online', release: 'good', degraded: [] });
});

it('serves the object’s own gallery if the model fails, without games dismissed since', async () => {
  const { ask, isolate } = await startWarm();
  const ann = await makePlayer('ann');
  const online = await ask('ann');
  await ann.record([event('ann', '4', 'click', 'g11')]);
  expect(await runAlarm(ann)).toBe(true);
  const backup = (await ann.backup())!;
  expect(backup.rows[0]!.items[0]!.item).toMatchObject({ title: expect.any(String) });

  const first = backup.rows[0]!.items[0]!.itemId;
  await ann.record([event('ann', '5', 'dismiss', first)]);
  vi.spyOn(isolate.peekRelease().value!.scorer, 'score').mockRejectedValue(new Error('wasm: out of memory'));
  const nearline = await ask('ann');
  expect(nearline).toMatchObject({
    tier: 'nearline',
    recommendationId: backup.recommendationId,
    generatedAt: backup.generatedAt,
    degraded: [{ step: 'model', reason: 'wasm: out of memory' }],
  });
  expect(nearline.recommendationId).not.toBe(online.recommendationId);
  expect(nearline.shown.length).toBeGreaterThan(10);
  for (const gone of [first, 'g1', 'g9']) expect(nearline.shown).not.toContain(gone);
  const [inCart, ...others] = nearline.shown;
  expect((await ask('ann', {}, { exclude: [inCart!] })).shown).toEqual(others);
});

it('still composes if the pointer cannot be read, even for a history unknown to the loaded release', async () => {
  const eve = env.USER_SIGNALS.getByName('eve');
  await putItems(env.DB, [{ ...makeItem(7), itemId: 'new-game' }]);
  const { ask } = await startWarm();
  await eve.record([event('eve', '1', 'like', 'new-game')]);
  await ask('eve');
  await eve.record([event('eve', '2', 'click', 'new-game')]);
  expect(await runAlarm(eve)).toBe(true);
  const backup = (await eve.backup())!;

  // After 15 seconds the release is checked after the answer.
  vi.setSystemTime(Date.now() + 20_000);
  onTestFinished(() => void vi.useRealTimers());
  const BUCKET = faulty(env.BUCKET, down('R2'));
  await expect
    .poll(async () => (await ask('eve', { BUCKET })).degraded)
    .toContainEqual({ step: 'release', reason: 'R2 is down' });
  const answer = await ask('eve', { BUCKET });
  expect(answer).toMatchObject({ tier: 'statistics', release: 'good' });
  expect(answer.recommendationId).not.toBe(backup.recommendationId);
  expect(answer.shown.length).toBeGreaterThan(20);
});

it('ranks by the prior if the ranking model fails, and says so', async () => {
  const { ask, isolate } = await startWarm();
  await makePlayer('fay');
  const predictions = [
    [async () => Promise.reject(new Error('ORT aborted')), 'ORT aborted'],
    [async () => Float32Array.of(Number.NaN), 'the ranking model predicts NaN or infinity'],
  ] as const;
  for (const [predict, reason] of predictions) {
    const ranking = { ranker: { predict, async release() {} }, failure: undefined };
    Object.assign(isolate.peekRelease().value!, { ranking });
    const answer = await ask('fay');
    expect(answer).toMatchObject({ tier: 'online', degraded: [{ step: 'ranking', reason }] });
    expect(answer.shown.length).toBeGreaterThan(20);
  }
});

it('leaves out a ranking model that it cannot use, and ranks the release’s candidates by the prior', async () => {
  await publishFake(env.BUCKET, 'good', {
    itemIds: items.map(({ itemId }) => itemId),
    shift: 0,
    alter: (contents) => Object.assign(contents, { ranking: { featuresHash: 'outdated', model: new Uint8Array(9) } }),
  });
  await publishHere(env);
  const { ask } = await startWarm();
  await makePlayer('ann');
  const reason = 'this version cannot read the ranking part of the manifest';
  const answer = await ask('ann');
  expect(answer).toMatchObject({ tier: 'online', release: 'good', degraded: [{ step: 'ranking', reason }] });
  expect(answer.shown.length).toBeGreaterThan(20);
});

for (const [fault, binding, reason] of [
  ['down', down('the object'), /^the object is down$/],
  ['slow', slow, /^no answer within 900 ms$/],
  [
    'overloaded',
    () => Promise.reject(Object.assign(new Error('Durable Object is overloaded'), { overloaded: true })),
    /^Durable Object is overloaded$/,
  ],
] as const)
  it(`serves the batch gallery if the object is ${fault}, filtered by the player’s state at that time`, async () => {
    const { ask } = await startWarm();
    // g9 is owned, g1 dismissed, g10 for adults.
    await makePlayer(fault);
    await writeBatchGalleries(env.DB, [{ userId: fault, gallery: batchOf('g9', 'g1', 'g10', 'g22', 'gone') }], 1);
    const answer = await ask(fault, { USER_SIGNALS: objects(binding) }, SHORT);
    expect(answer).toMatchObject({ tier: 'batch', recommendationId: 'made-in-bulk', shown: ['g22'] });
    expect(answer.degraded[0]).toEqual({ step: 'signals', reason: expect.stringMatching(reason) });
  });

it('serves recommendations by the same rungs: a genre from the batch gallery, or else statistics', async () => {
  const { askItems } = await startWarm();
  await makePlayer('list');
  const gallery = batchOf('g9', 'g1', 'g22', 'g23', 'g26');
  gallery.rows.push({ ...batchOf('g27').rows[0]!, id: 'continue' });
  await writeBatchGalleries(env.DB, [{ userId: 'list', gallery }], 1);
  const faults = { USER_SIGNALS: objects(down('the object')) };
  const degraded = [{ step: 'signals', reason: 'the object is down' }, expect.objectContaining({ step: 'safety' })];
  const batch = { tier: 'batch', recommendationId: 'made-in-bulk', degraded };
  expect(await askItems('list', 'Strategy', faults)).toMatchObject({ ...batch, shown: ['g22', 'g26'] });
  expect(await askItems('list', 'racing', faults)).toMatchObject({ ...batch, shown: ['g23'] });
  // Continues an earlier answer.
  expect(await askItems('list', 'racing', faults, 'first-page')).toMatchObject({
    ...{ ...batch, recommendationId: 'first-page' },
    shown: ['g23'],
  });

  await writeBatchGalleries(env.DB, [{ userId: 'list', gallery: batchOf('g22') }], 2);
  const others = await askItems('list', 'Racing', faults);
  expect(others).toMatchObject({ tier: 'statistics', degraded });
  expect(others.shown).toHaveLength(12);
  for (const itemId of others.shown) expect(Number(itemId.slice(1)) % 2, itemId).toBe(1);
});

it('serves a stored gallery if the algorithm throws, or else popular items', async () => {
  const { ask, isolate } = await startWarm();
  await makePlayer('buggy');
  vi.spyOn(isolate.catalogue.releases, 'readReleased').mockImplementation(down('the algorithm'));
  const degraded = [{ step: 'composition', reason: 'the algorithm is down' }];
  const popular = await ask('buggy');
  expect(popular).toMatchObject({ tier: 'statistics', degraded });
  expect(popular.rows.map(({ id }) => id)).toEqual(['top-picks']);
  expect(popular.shown).toHaveLength(12);
  for (const gone of ['g9', 'g1']) expect(popular.shown).not.toContain(gone);

  await writeBatchGalleries(env.DB, [{ userId: 'buggy', gallery: batchOf('g9', 'g22') }], 1);
  expect(await ask('buggy')).toMatchObject({ tier: 'batch', shown: ['g22'], degraded });
});

it('serves statistics without games for adults to an unknown user, and says so', async () => {
  const { ask } = await startWarm();
  const answer = await ask('unknown', { USER_SIGNALS: objects(down('the object')) });
  expect(answer.tier).toBe('statistics');
  expect(answer.degraded).toEqual([
    { step: 'signals', reason: 'the object is down' },
    { step: 'safety', reason: 'The player could not be identified, so games for adults are left out.' },
  ]);
  expect(answer.shown.length).toBeGreaterThan(20);
  for (const itemId of answer.shown) expect(Number(itemId.slice(1)) % 5, itemId).not.toBe(0);
});

it('filters by the log if the object is down and nothing else identifies the player', async () => {
  const { ask } = await startWarm();
  await insertEvents(env.DB, [
    logged('logged', '1', 'purchase', 'g9', 1),
    logged('logged', '2', 'play', 'g3', 2),
    logged('logged', '3', 'dismiss', 'g1', 3),
    logged('logged', '4', 'dismiss', 'g2', 4),
    logged('logged', '5', 'like', 'g2', 5),
  ]);
  await writePreferences(env.DB, 'logged', { ...EMPTY_PREFERENCES, mutedGenres: ['Racing'] }, 1);
  const answer = await ask('logged', { USER_SIGNALS: objects(down('the object')) });
  expect(answer.tier).toBe('statistics');
  expect(answer.shown).toContain('g2');
  for (const itemId of answer.shown) expect(Number(itemId.slice(1)) % 2, itemId).toBe(0);

  // Bought since the batch gallery was made.
  await writePreferences(env.DB, 'logged', EMPTY_PREFERENCES, 1);
  await writeBatchGalleries(env.DB, [{ userId: 'logged', gallery: batchOf('g9', 'g22', 'g24') }], 1);
  await insertEvents(env.DB, [logged('logged', '6', 'purchase', 'g22', 6)]);
  const batch = await ask('logged', { USER_SIGNALS: objects(down('the object')) });
  expect(batch).toMatchObject({ tier: 'batch', shown: ['g24'] });
});

it('filters by the log while the player’s object has not read it, and keeps what the isolate cached', async () => {
  const { ask } = await startWarm();
  await insertEvents(env.DB, [logged('unread', '1', 'purchase', 'g9', 1), logged('unread', '2', 'dismiss', 'g1', 2)]);
  // As if D1 were slow for the object only: it knows only the events that have just arrived.
  const heard = deriveUserState(
    foldEvents(emptySignals(), [event('unread', '3', 'like', 'g7')]).signals,
    EMPTY_PREFERENCES,
    Date.now(),
  );
  const unread = objects((ask, method) =>
    method === 'readUserState' ? Promise.resolve({ user: heard, complete: false }) : ask(),
  );
  const first = await ask('unread', { USER_SIGNALS: unread });
  expect(first.degraded).toContainEqual({ step: 'signals', reason: 'The player’s log has not been read yet.' });
  expect(first.shown.length).toBeGreaterThan(20);
  for (const itemId of ['g9', 'g1']) expect(first.shown).not.toContain(itemId);
  for (const itemId of first.shown) expect(Number(itemId.slice(1)) % 5, itemId).not.toBe(0);
  expect(first.rows.map(({ id }) => id)).toContain('because-g7');

  // Once the log was read, the answer of an object without it removes nothing.
  const known = await ask('unread');
  expect(known.degraded).toEqual([]);
  const later = await ask('unread', { USER_SIGNALS: unread, DB: database(down('D1')) });
  for (const itemId of ['g9', 'g1']) expect(later.shown).not.toContain(itemId);

  // The cache does not lift an age limit that the object knows, either.
  const limited = { user: { ...heard, preferences: { ...EMPTY_PREFERENCES, ageLimit: 12 } }, complete: false };
  const young = objects((ask, method) => (method === 'readUserState' ? Promise.resolve(limited) : ask()));
  const safe = await ask('unread', { USER_SIGNALS: young, DB: database(down('D1')) });
  expect(safe.shown.length).toBeGreaterThan(20);
  for (const itemId of safe.shown) expect(Number(itemId.slice(1)) % 5, itemId).not.toBe(0);
});

it('caches a player’s owned and dismissed games and preferences in case the object is down later', async () => {
  const { ask } = await startWarm();
  const carl = await makePlayer('carl');
  await carl.setPreferences({ ...EMPTY_PREFERENCES, ageLimit: 12 });
  await ask('carl');
  const answer = await ask('carl', { USER_SIGNALS: objects(down('the object')), DB: database(down('D1')) });
  expect(answer.tier).toBe('statistics');
  expect(answer.shown.length).toBeGreaterThan(20);
  for (const gone of ['g9', 'g1']) expect(answer.shown).not.toContain(gone);
  for (const itemId of answer.shown) expect(Number(itemId.slice(1)) % 5, itemId).not.toBe(0);
});

it('serves a stored gallery if a cold isolate cannot read the catalogue', async () => {
  const warm = await startWarm();
  const dora = await makePlayer('dora');
  await warm.ask('dora');
  await dora.record([event('dora', '6', 'click', 'g13')]);
  await runAlarm(dora);
  for (const faults of [{ BUCKET: faulty(env.BUCKET, down('R2')), DB: database(down('D1')) }, { BUCKET: slowBucket }]) {
    await forgetHere();
    const { ask } = start();
    const answer = await ask('dora', faults, SHORT);
    expect(answer.tier).toBe('nearline');
    expect(answer.shown.length).toBeGreaterThan(10);
    for (const gone of ['g9', 'g1']) expect(answer.shown).not.toContain(gone);
    expect(answer.degraded[0]!.step).toBe('catalogue');
  }
});

it('leaves a game out of a stored gallery that was hidden since, also in a cold isolate', async () => {
  const warm = await startWarm();
  const hans = await makePlayer('hans');
  await warm.ask('hans');
  await hans.record([event('hans', '6', 'click', 'g13')]);
  await runAlarm(hans);
  const recalled = (await hans.backup())!.rows[0]!.items[0]!.itemId;
  await patchItem(env.DB, recalled, { hidden: true });
  await publishHere(env);
  const goOn = Promise.withResolvers<void>();
  const held = faulty(env.BUCKET, (ask) => goOn.promise.then(ask));
  const players = {
    getByName: () => ({
      readUserState: (...args: Parameters<typeof hans.readUserState>) => hans.readUserState(...args),
      backup() {
        goOn.resolve();
        return hans.backup();
      },
    }),
  };
  // Not from this location, even if the isolate before shares late what it has read.
  const match = caches.default.match.bind(caches.default);
  const matching = vi.spyOn(caches.default, 'match');
  onTestFinished(() => matching.mockRestore());
  matching.mockImplementation(async (request) =>
    String(request).includes(STATE_KEY) ? undefined : match(request as string),
  );
  // D1 has the games; or the catalogue arrives when the stored gallery is read.
  const hangs = faulty(env.BUCKET, () => new Promise(() => {}));
  for (const faults of [{ BUCKET: hangs }, { BUCKET: held, DB: database(down('D1')), USER_SIGNALS: players }]) {
    const answer = await start().ask('hans', faults, { deadlineMs: 2 * SHORT.deadlineMs });
    expect(answer.tier).toBe('nearline');
    expect(answer.shown.length).toBeGreaterThan(10);
    expect(answer.shown).not.toContain(recalled);
  }
});

it('waits for the catalogue beyond the deadline rather than showing nothing', async () => {
  const { ask } = start();
  await forgetHere();
  const answer = await ask('unknown-player', { BUCKET: slowBucket }, SHORT);
  expect(answer.shown.length).toBeGreaterThan(20);
  expect(answer.degraded).toContainEqual(expect.objectContaining({ step: 'deadline' }));
});

it('waits for the rules too: excluded items are not shown even if R2 is slow', async () => {
  const gone = RuleInput.parse({ action: 'exclude', match: { itemIds: ['g7', 'g129'] } });
  await putRule(env.DB, { ruleId: 'gone', ...gone }, 500, 1);
  await publishHere(env);
  for (const faults of [{ BUCKET: slowBucket }, { BUCKET: slowBucket, USER_SIGNALS: objects(down('the object')) }]) {
    await forgetHere();
    const answer = await start().ask('another-player', faults, SHORT);
    expect(answer.shown.length).toBeGreaterThan(20);
    for (const itemId of ['g7', 'g129']) expect(answer.shown).not.toContain(itemId);
  }
  await deleteRule(env.DB, 'gone');
});

for (const [fault, bucket, reason] of [
  ['down', faulty(env.BUCKET, down('R2')), /^R2 is down$/],
  ['slow', slowBucket, /^no answer within 900 ms$/],
] as const)
  it(`answers a cold isolate’s first request from live signals if R2 is ${fault}`, async () => {
    await forgetHere();
    const { ask } = start();
    const answer = await ask('bob', { BUCKET: bucket }, SHORT);
    expect(answer).toMatchObject({ tier: 'statistics', release: null });
    for (const step of ['statistics', 'release'])
      expect(answer.degraded).toContainEqual({ step, reason: expect.stringMatching(reason) });
    expect(answer.shown.length).toBeGreaterThan(20);
  });

for (const [fault, version, reason] of [
  ['corrupt', 'broken', /^broken: .*sha256/],
  ['missing', 'gone', /^gone: .*model\.onnx/],
] as const)
  it(`serves without a release whose file is ${fault}`, async () => {
    const { ask } = start();
    await makePlayer(version);
    await publishFake(env.BUCKET, version, {
      itemIds: items.map(({ itemId }) => itemId),
      shift: 0,
      ...(fault === 'corrupt' && { damage: ({ model }: { model: Uint8Array }) => model.fill(0, 100, 200) }),
    });
    if (fault === 'missing') await env.BUCKET.delete(releaseKey(version, 'model.onnx'));
    await publishHere(env);
    await expect
      .poll(async () => (await ask(version, {}, { deadlineMs: 2_000 })).degraded)
      .toContainEqual({ step: 'release', reason: expect.stringMatching(reason) });
    const answer = await ask(version);
    expect(answer.tier).toBe('statistics');
    expect(answer.shown.length).toBeGreaterThan(20);
    for (const gone of ['g9', 'g1']) expect(answer.shown).not.toContain(gone);
  });

it('reads statistics into columns once, also while there are none', async () => {
  await forgetHere();
  const { readInput } = start();
  const read = async () => {
    const input = await readInput({ BUCKET: faulty(env.BUCKET, down('R2')) });
    expect(input.catalogue.size).toBeGreaterThan(0);
    expect(input.statistics).toBeNull();
    return readStatistics(input);
  };
  expect(await read()).toBe(await read());
});

it('returns an empty gallery only if the catalogue is empty or the filters leave nothing, and says which', async () => {
  const { ask: askLater } = start();
  await env.USER_SIGNALS.getByName('fussy').setPreferences({ ...EMPTY_PREFERENCES, releasedFrom: '2099-01-01' });
  const none = await askLater('fussy', {}, { deadlineMs: 2_000 });
  expect(none.rows).toEqual([]);
  expect(none.degraded).toContainEqual({ step: 'filters', reason: expect.stringMatching(/^No game passes/) });

  await env.DB.prepare('delete from items').run();
  await publishHere(env);
  const { ask } = start();
  const answer = await ask('ann', {}, { deadlineMs: 2_000 });
  expect(answer.rows).toEqual([]);
});
