// Experiments in answers: real D1, R2, objects and onnxruntime, in isolates that follow the published state.

import { env } from 'cloudflare:workers';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import type { Experiment } from '../../models/contracts/experiment.ts';
import type { NamedRelease } from '../../models/contracts/release.ts';
import { EMPTY_USER_STATE, type UserState } from '../../models/contracts/signals.ts';
import type { RankingContents } from '../../models/ranking/train-ranker.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { createItem } from '../../tests/ranking-input.ts';
import { makeRunning, runExperiments } from '../../tests/run-experiments.ts';
import { putItems } from '../storage/items.ts';
import { writeStatistics } from '../storage/statistics.ts';
import { Budget } from './budget.ts';
import { Isolate, isolate as thisIsolate } from './isolate.ts';
import { answerGallery, answerRecommendations } from './ladder.ts';
import { makeGallery } from './make-gallery.ts';
import type { RecommendationRequest } from './recommendation-request.ts';
import { takeShadows } from './shadows.ts';

const items = Array.from({ length: 200 }, (_, index) => createItem(index));
const itemIds = items.map(({ itemId }) => itemId);
const users = Array.from({ length: 200 }, (_, n) => `user-${n}`);
const played: UserState = {
  ...EMPTY_USER_STATE,
  history: [{ itemId: 'g7', weight: 1, ageDays: 1, strongestType: 'play' }],
};
const half = (id: string, change: object = {}) => ({ id, share: 0.5, ...change });
/** Pages of the variant `short` have one row. */
const short = (experimentId = 'short-pages', fields: Partial<Experiment> = {}) =>
  makeRunning(experimentId, {
    ...fields,
    variants: [half('control'), half('short', { settings: { rows: ['top-picks'] } })],
  });
const named: Record<string, NamedRelease> = {};
const publish = async (version: string, shift: number) => {
  named[version] = await publishFake(env.BUCKET, version, { itemIds, shift });
};
const canary = (fields: Partial<Experiment> = {}) =>
  makeRunning('canary-next', {
    layer: 'release',
    namedRelease: named.next!,
    ...fields,
    variants: [half('control'), half('canary', { release: 'next' })],
  });

/** Requests through one isolate. */
function open(isolate = new Isolate()) {
  const behind: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => void behind.push(work.catch(() => {}));
  const toRequest = (userId: string, changes: Partial<RecommendationRequest>): RecommendationRequest => ({
    env,
    userId,
    user: played,
    context: EMPTY_CONTEXT,
    budget: new Budget(10_000),
    isolate,
    waitUntil,
    ...changes,
  });
  const ask = (userId: string, changes: Partial<RecommendationRequest> = {}) =>
    answerGallery(toRequest(userId, changes), 6, { policy: changes.policy });
  const askList = (userId: string, changes: Partial<RecommendationRequest> = {}) =>
    answerRecommendations(toRequest(userId, changes), 6);
  /** Work behind answers may begin more of it. */
  const settle = async () => {
    for (const work of behind) await work;
    behind.length = 0;
  };
  const follow = async (experiments: readonly Experiment[]) => {
    await runExperiments(env, experiments);
    await isolate.state.publish(env, Date.now(), waitUntil);
    await ask('follower');
    await settle();
  };
  return { ask, askList, settle, follow, isolate, waitUntil };
}
const variantsOf = ({ answer }: { answer: { experiments: { experimentId: string; variant: string }[] } }) =>
  answer.experiments.map(({ experimentId, variant }) => `${experimentId}:${variant}`);
/** The first user of a variant. */
const findUser = async (opened: ReturnType<typeof open>, variant: string): Promise<string> => {
  for (const user of users) if (variantsOf(await opened.ask(user)).includes(variant)) return user;
  throw new Error(`nobody is in ${variant}`);
};
/** Answers until the release that an experiment compares is loaded. */
const loadCompared = (opened: ReturnType<typeof open>) =>
  expect
    .poll(async () => {
      await opened.ask('loader');
      return opened.isolate.findRelease('next');
    })
    .toBeDefined();
const rowsOf = ({ rows }: { rows: { id: string }[] }) => rows.map(({ id }) => id);

beforeAll(async () => {
  await putItems(env.DB, items);
  await writeStatistics(env.BUCKET, {
    schema: 1,
    computedAt: '2026-01-01T00:00:00Z',
    popularUntil: '2026-02-01',
    popular: items.map(({ itemId }, index) => [itemId, 200 - index]),
    // The most popular, so that rows compete for them.
    trending: itemIds.slice(0, 10).map((itemId) => [itemId, 2]),
    bestRated: itemIds.slice(100, 110).map((itemId) => [itemId, 4]),
    trendingByCountry: {},
    popularByCountry: {},
    ownPopularByCountry: {},
    hiddenGems: [],
  });
});
beforeEach(async () => {
  await publish('next', 5);
  await publish('third', 9);
  await publish('good', 0);
  await runExperiments(env, []);
});
afterEach(() => void vi.restoreAllMocks());

it('gives a player the same variant in every isolate, and each variant its share', async () => {
  await runExperiments(env, [short()]);
  const [one, other] = [open(), open()];
  let inShort = 0;
  for (const user of users) {
    const [first, second] = [await one.ask(user), await other.ask(user)];
    expect(variantsOf(second)).toEqual(variantsOf(first));
    const isShort = variantsOf(first)[0] === 'short-pages:short';
    expect(rowsOf(first).length === 1).toBe(isShort);
    inShort += Number(isShort);
  }
  // Standard deviation 7.1.
  expect(Math.abs(inShort - 100)).toBeLessThan(30);
});

it('has a player in one experiment of a layer, and in experiments of other layers at once', async () => {
  await runExperiments(env, [
    short('first', { slice: { from: 0, to: 0.5 } }),
    short('second', { slice: { from: 0.5, to: 1 } }),
    makeRunning('utilities', {
      layer: 'scores',
      variants: [half('control'), half('varied', { settings: { similarityWeight: 0 } })],
    }),
  ]);
  const { ask } = open();
  const pairs = new Set<string>();
  for (const user of users) {
    const variants = variantsOf(await ask(user));
    expect(variants).toHaveLength(2);
    expect(variants.filter((one) => /^(first|second):/.test(one))).toHaveLength(1);
    pairs.add(variants.join());
  }
  expect(pairs.size).toBe(8);
});

it('names an experiment only where it made a difference, and then for the control too', async () => {
  await runExperiments(env, [short()]);
  const { ask, askList, settle } = open();
  for (const user of users.slice(0, 8)) {
    expect(variantsOf(await ask(user))).toHaveLength(1);
    // A list has no rows.
    expect(variantsOf(await askList(user))).toEqual([]);
    expect(variantsOf(await ask(user, { policy: 'popularity' }))).toEqual([]);
    const shed = await ask(user, { shedReason: { step: 'overload', reason: 'a test' } });
    expect(variantsOf(shed)).toEqual([]);
    expect(shed.composed).toBeUndefined();
  }
  await settle();
});

it('leaves out players outside the audience, times that are over, and stopped variants', async () => {
  const opened = open();
  await opened.follow([
    short('swiss', { audience: { share: 1, countries: ['CH'] } }),
    short('new-players', { layer: 'new', audience: { share: 1, newUsers: true } }),
    short('over', { layer: 'over', endsAt: '2026-01-02T00:00:00Z' }),
    short('stopped', {
      layer: 'stopped',
      stoppedVariants: [{ id: 'short', reason: 'a test', at: '2026-01-02T00:00:00Z' }],
    }),
  ]);
  const named = async (changes: Partial<RecommendationRequest> = {}) =>
    new Set((await Promise.all(users.slice(0, 30).map((user) => opened.ask(user, changes)))).flatMap(variantsOf));
  expect(await named()).toEqual(new Set(['stopped:control']));
  const inCountry = await named({ context: { ...EMPTY_CONTEXT, country: 'CH' } });
  expect(inCountry).toEqual(new Set(['swiss:control', 'swiss:short', 'stopped:control']));
  const ofNew = await named({ user: EMPTY_USER_STATE });
  expect(ofNew).toEqual(new Set(['new-players:control', 'new-players:short', 'stopped:control']));
  for (const user of users.slice(0, 30)) expect(rowsOf(await opened.ask(user)).length).toBeGreaterThan(1);
});

it('answers by the default algorithm if a variant throws, and counts the failure', async () => {
  const alert = vi.spyOn(console, 'error').mockImplementation(() => {});
  const opened = open();
  // No check has seen these settings.
  await opened.follow([
    makeRunning('broken', { variants: [half('control'), half('throws', { settings: { rows: 5 as never } })] }),
  ]);
  const served = await opened.ask(await findUser(opened, 'broken:throws'));
  expect(served.composed!.hasFailed).toBe(true);
  expect(served.answer.degraded).toMatchObject([{ step: 'composition' }]);
  expect(served.answer.tier).toBe('online');
  expect(rowsOf(served).length).toBeGreaterThan(1);
  expect(alert).toHaveBeenCalledWith(expect.stringContaining('variant failed'));
  const control = await opened.ask(await findUser(opened, 'broken:control'));
  expect(control.composed!.hasFailed).toBe(false);
});

it('loads the release of a variant behind answers, and retires it with the last experiment', async () => {
  await runExperiments(env, [canary()]);
  const opened = open();
  const { isolate } = opened;
  // Nobody is in it before every variant can be served here.
  expect(variantsOf(await opened.ask('user-0'))).toEqual([]);
  await expect.poll(async () => variantsOf(await opened.ask('user-0'))).toHaveLength(1);
  const seen = new Set<string>();
  for (const user of users.slice(0, 20)) {
    const { answer } = await opened.ask(user);
    const [variant] = variantsOf({ answer });
    expect(answer.release).toBe(variant === 'canary-next:canary' ? 'next' : 'good');
    seen.add(variant!);
  }
  expect(seen.size).toBe(2);
  const ofCanary = await findUser(opened, 'canary-next:canary');
  const ofControl = await findUser(opened, 'canary-next:control');
  expect((await opened.askList(ofCanary)).answer.release).toBe('next');
  const readScores = async (user: string) => (await opened.ask(user)).input.modelScores!.scores;
  expect(await readScores(ofCanary)).not.toEqual(await readScores(ofControl));

  const release = vi.spyOn(isolate.findRelease('next')!.scorer, 'release');
  await opened.follow([]);
  await opened.ask(ofCanary);
  await opened.settle();
  expect(isolate.findRelease('next')).toBeUndefined();
  expect(release).toHaveBeenCalledOnce();
  expect((await opened.ask(ofCanary)).answer).toMatchObject({ release: 'good', experiments: [] });
});

it('makes the compared release the current one without loading it again, and never holds three', async () => {
  const opened = open();
  const { isolate, waitUntil } = opened;
  await opened.follow([canary()]);
  await loadCompared(opened);
  const compared = isolate.findRelease('next')!;
  const [ofCompared, ofGood] = [compared, isolate.findRelease('good')!].map(({ scorer }) =>
    vi.spyOn(scorer, 'release'),
  );
  // As a canary ends: its release comes into use, and the experiment stops.
  await publish('next', 5);
  await runExperiments(env, []);
  await isolate.state.publish(env, Date.now(), waitUntil);
  await opened.ask('x');
  await opened.settle();
  expect(isolate.peekRelease().value).toBe(compared);
  expect(ofGood).toHaveBeenCalledOnce();
  expect(ofCompared).not.toHaveBeenCalled();
  expect((await opened.ask('user-1')).answer.release).toBe('next');

  // Back again, so that the two are compared; then a third release takes the pointer.
  await publish('good', 0);
  await runExperiments(env, [canary()]);
  await isolate.revalidateRelease(env, Date.now(), waitUntil);
  await loadCompared(opened);
  await opened.settle();
  const held: (string | undefined)[][] = [];
  const { scorer } = isolate.findRelease('next')!;
  vi.spyOn(scorer, 'release').mockImplementation(async () => {
    held.push(['good', 'next', 'third'].filter((version) => isolate.findRelease(version)));
  });
  await publish('third', 9);
  await isolate.revalidateRelease(env, Date.now(), waitUntil);
  expect(held).toEqual([['good']]);
  expect(isolate.peekRelease().value!.manifest.version).toBe('third');
  await loadCompared(opened);
});

it('loads a third release only once the compared one is loaded and retired', async () => {
  const opened = open();
  await opened.follow([]);
  await publish('slow', 3);
  await publish('good', 0);
  const asked: string[] = [];
  const BUCKET = new Proxy(env.BUCKET, {
    get(bucket, method) {
      const value = Reflect.get(bucket, method);
      if (method !== 'get') return typeof value === 'function' ? value.bind(bucket) : value;
      return async (key: string) => {
        const [, version] = /^releases\/(slow|newest)\//.exec(key) ?? [];
        if (version !== undefined) asked.push(`${version} asked`);
        if (version === 'slow') await scheduler.wait(150);
        const object = await bucket.get(key);
        if (version === 'slow') asked.push('slow read');
        return object;
      };
    },
  });
  const slow = { ...env, BUCKET };
  await runExperiments(env, [{ ...canary(), namedRelease: named.slow! }]);
  await opened.isolate.state.publish(slow, Date.now(), opened.waitUntil);
  await opened.ask('x', { env: slow });
  await expect.poll(() => asked).toContain('slow asked');
  await publish('newest', 4);
  await opened.isolate.revalidateRelease(slow, Date.now(), opened.waitUntil);
  await opened.settle();
  expect(opened.isolate.peekRelease().value!.manifest.version).toBe('newest');
  expect(asked.indexOf('newest asked')).toBeGreaterThan(asked.lastIndexOf('slow read'));
  expect(opened.isolate.findRelease('slow')).toBeUndefined();
});

it('answers by the current release if the compared one fails, and counts the failure', async () => {
  const opened = open();
  await opened.follow([canary()]);
  await expect.poll(async () => variantsOf(await opened.ask('user-0'))).toHaveLength(1);
  const user = await findUser(opened, 'canary-next:canary');
  vi.spyOn(opened.isolate.findRelease('next')!.scorer, 'score').mockRejectedValue(new Error('wasm: out of memory'));
  const served = await opened.ask(user);
  expect(served.answer).toMatchObject({ release: 'good', tier: 'online', degraded: [{ step: 'model' }] });
  expect(served.composed!.hasFailed).toBe(true);
  expect(variantsOf(served)).toEqual(['canary-next:canary']);
});

it('stores galleries by the player’s variant', async () => {
  const opened = open(thisIsolate);
  await opened.follow([short()]);
  const [ofShort, ofControl] = [
    await findUser(opened, 'short-pages:short'),
    await findUser(opened, 'short-pages:control'),
  ];
  const make = (userId: string) =>
    makeGallery({ userId, user: played, context: EMPTY_CONTEXT, env, waitUntil: opened.waitUntil });
  expect(rowsOf((await make(ofShort))!)).toEqual(['top-picks']);
  expect(rowsOf((await make(ofControl))!).length).toBeGreaterThan(1);
  await opened.follow([]);
});

it('interleaves the first rows of two variants and repeats no game', async () => {
  const opened = open();
  await opened.follow([
    makeRunning('turns', {
      kind: 'interleaving',
      variants: [half('control'), half('popular', { policy: 'popularity' })],
    }),
  ]);
  const popular = await opened.ask('ann', { policy: 'popularity' });
  const firstPopular = popular.rows[0]!.items.map(({ itemId }) => itemId);
  expect(popular.interleaved).toBeUndefined();
  for (const user of users.slice(0, 10)) {
    const { interleaved, rows, page, answer } = await opened.ask(user);
    expect(interleaved).toMatchObject({ experimentId: 'turns', recommendationId: answer.recommendationId });
    const { control, popular: ofPopular } = interleaved!.teams as { control: string[]; popular: string[] };
    const [first, ...others] = rows;
    expect(others.length).toBeGreaterThan(1);
    expect(first!.items.map(({ itemId }) => itemId).sort()).toEqual([...control, ...ofPopular].sort());
    expect(first!.items).toHaveLength(6);
    expect(Math.abs(control.length - ofPopular.length)).toBeLessThanOrEqual(1);
    for (const itemId of ofPopular) expect(firstPopular).toContain(itemId);
    expect(page!.rows).toEqual(rows);
    const shown = rows.flatMap((row) => row.items.map(({ itemId }) => itemId));
    expect(new Set(shown).size).toBe(shown.length);
    // No player is in a variant of it.
    expect(answer.experiments).toEqual([]);
  }
});

it('composes a shadow for a tenth of the answers after they were sent, at most one a second', async () => {
  const opened = open();
  await opened.follow([
    makeRunning('unseen', {
      variants: [{ id: 'control', share: 1 }, { id: 'same' }, { id: 'popular', policy: 'popularity' }],
    }),
  ]);
  // A tenth of the players who follow a change are compared, too.
  takeShadows();
  let at = Date.now() + 60_000;
  vi.spyOn(Date, 'now').mockImplementation(() => at);
  /** Comparisons of the shadows of the next answers. */
  const compare = async (answers: number, pauseMs: number) => {
    const comparisons = [];
    for (let n = 0; n < answers; n++) {
      // A player sees no trace of it.
      expect((await opened.ask(`shadowed-${n}`)).answer.experiments).toEqual([]);
      await opened.settle();
      comparisons.push(...takeShadows());
      at += pauseMs;
    }
    return comparisons;
  };
  expect(await compare(200, 0)).toHaveLength(1);
  at += 1_000;
  const comparisons = await compare(300, 1_000);
  // Standard deviation 5.2.
  expect(Math.abs(comparisons.length - 30)).toBeLessThan(26);
  for (const { variant, overlap, failed } of comparisons) {
    expect(failed).toBe(false);
    if (variant === 'same') expect(overlap).toBeGreaterThan(0.5);
  }
  expect(new Set(comparisons.map(({ variant }) => variant))).toEqual(new Set(['same', 'popular']));
});

it('values the first rows of answer and shadow by the ranking model of the answer', async () => {
  const { TRAINER } = env as unknown as { TRAINER: Fetcher };
  const drawn = await (await TRAINER.fetch('http://trainer/ranker')).json<RankingContents & { model: number[] }>();
  const ranking = { ...drawn, model: Uint8Array.from(drawn.model) };
  await publishFake(env.BUCKET, 'ranked', {
    itemIds,
    shift: 0,
    alter: (contents) => Object.assign(contents, { ranking }),
  });
  const opened = open();
  await opened.follow([
    makeRunning('unseen', {
      variants: [
        { id: 'control', share: 1 },
        { id: 'popular', policy: 'popularity' },
      ],
    }),
  ]);
  const at = Date.now() + 480_000;
  vi.spyOn(Date, 'now').mockImplementation(() => at);
  takeShadows();
  for (let n = 0; n < 200; n++) await opened.ask(`shadowed-${n}`);
  await opened.settle();
  const [comparison] = takeShadows();
  const { shownValue, shadowValue } = comparison as { shownValue: number; shadowValue: number };
  expect(shadowValue).toBeGreaterThan(0);
  // The answer is ordered by it.
  expect(shownValue).toBeGreaterThan(shadowValue);
});

it('compares no shadow whose release is not loaded, and fails one whose model does', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const opened = open();
  const shadow = makeRunning('unseen', {
    namedRelease: named.next!,
    variants: [
      { id: 'control', share: 1 },
      { id: 'next', release: 'next' },
    ],
  });
  await opened.follow([shadow]);
  await loadCompared(opened);
  vi.spyOn(opened.isolate.findRelease('next')!.scorer, 'score').mockRejectedValue(new Error('out of memory'));
  let at = Date.now() + 540_000;
  vi.spyOn(Date, 'now').mockImplementation(() => at);
  takeShadows();
  for (let n = 0; n < 200; n++) await opened.ask(`shadowed-${n}`);
  await opened.settle();
  expect(takeShadows()).toMatchObject([{ variant: 'next', failed: true }]);

  at += 10_000;
  const cold = open();
  await cold.follow([{ ...shadow, namedRelease: null }]);
  for (let n = 0; n < 200; n++) await cold.ask(`shadowed-${n}`);
  await cold.settle();
  expect(takeShadows()).toEqual([]);
});

it('a shadow that throws is a failed comparison, and nothing to the player', async () => {
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const opened = open();
  await opened.follow([
    makeRunning('unseen', {
      variants: [
        { id: 'control', share: 1 },
        { id: 'throws', settings: { rows: 5 as never } },
      ],
    }),
  ]);
  const at = Date.now() + 600_000;
  vi.spyOn(Date, 'now').mockImplementation(() => at);
  takeShadows();
  for (let n = 0; n < 200; n++) expect((await opened.ask(`shadowed-${n}`)).answer.degraded).toEqual([]);
  await opened.settle();
  expect(takeShadows()).toMatchObject([{ variant: 'throws', failed: true, overlap: 0, shownValue: null }]);
});
