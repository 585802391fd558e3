import { expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../models/contracts/algorithm-settings.ts';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { EMPTY_PREFERENCES, type Preferences } from '../../models/contracts/preferences.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import { createRng } from '../../models/features/rng.ts';
import { seriesOf } from '../../models/features/series.ts';
import { createItem, createRankingInput, getItem, itemIds } from '../../tests/ranking-input.ts';
import { explainItems } from './explain.ts';
import { recommendList } from './lists.ts';
import { composeGallery, recommend } from './recommend.ts';
import { selectRulesInForce } from './rules.ts';
import { filterStoredRows } from './stored-rows.ts';

const ids = (items: readonly { itemId: string }[]) => items.map(({ itemId }) => itemId);
const shownIn = (page: Awaited<ReturnType<typeof composeGallery>>) => page.rows.flatMap(({ items }) => ids(items));
const userWith = (preferences: Partial<Preferences>) => ({
  ...EMPTY_USER_STATE,
  preferences: { ...EMPTY_PREFERENCES, ...preferences },
});
const rule = (ruleId: string, input: object): Rule => ({ ruleId, ...RuleInput.parse(input) });
const all = itemIds.map((_, index) => createItem(index));

it('hides items that are muted, outside the release window or not for the platform', async () => {
  const items = all.map((item, index) => ({ ...item, platforms: index % 3 === 0 ? ['linux'] : [] }));
  const muted = shownIn(
    await composeGallery(
      createRankingInput({ user: userWith({ mutedGenres: ['racing'], mutedTags: ['NAVAL'] }) }, items),
      12,
    ),
  );
  expect(muted.length).toBeGreaterThan(5);
  for (const itemId of muted) expect(createItem(Number(itemId.slice(1))).genres).toEqual(['Strategy']);
  for (const itemId of muted) expect(Number(itemId.slice(1)) % 4).not.toBe(0);

  const window = userWith({ releasedFrom: '2026-01-05', releasedUntil: '2026-01-09' });
  for (const itemId of shownIn(await composeGallery(createRankingInput({ user: window }, items), 12))) {
    const { releaseDate } = createItem(Number(itemId.slice(1)));
    expect(releaseDate! >= '2026-01-05' && releaseDate! <= '2026-01-09', itemId).toBe(true);
  }
  const onWindows = { context: { ...EMPTY_CONTEXT, platform: 'Windows' } };
  for (const itemId of shownIn(await composeGallery(createRankingInput(onWindows, items), 12)))
    expect(Number(itemId.slice(1)) % 3).not.toBe(0);
});

it('keeps the stricter of two age limits, on composed and on stored pages', async () => {
  const items = all.map((item, index) => ({ ...item, ageRating: [6, 12, 18, null][index % 4]! }));
  const isFor12 = (itemId: string) => Number(itemId.slice(1)) % 4 < 2;
  const made = (await composeGallery(createRankingInput({}, items), 12)).rows;
  for (const [own, asked] of [
    [12, 18],
    [18, 12],
    [null, 12],
    [12, null],
  ]) {
    const input = createRankingInput(
      { user: userWith({ ageLimit: own! }), context: { ...EMPTY_CONTEXT, ageLimit: asked! } },
      items,
    );
    const shown = shownIn(await composeGallery(input, 12));
    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((itemId) => !isFor12(itemId))).toEqual([]);
    const kept = filterStoredRows(made, input).flatMap((row) => ids(row.items));
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.filter((itemId) => !isFor12(itemId))).toEqual([]);
  }
});

it('removes items from a stored page that have since been bought, dismissed or hidden', async () => {
  const { rows } = await composeGallery(createRankingInput(), 4);
  const [first, second, third, fourth] = ids(rows[0]!.items);
  const later = createRankingInput({ user: { ...EMPTY_USER_STATE, owned: [first!], dismissed: [second!] } });
  later.catalogue.apply({ itemId: third!, revision: 2, item: null });
  expect(ids(filterStoredRows(rows, later)[0]!.items)).toEqual([fourth]);
});

it('moves towards hits or hidden gems with the player’s popularity dial', async () => {
  const mean = async (popularity: number) => {
    const { items } = await recommend(createRankingInput({ user: userWith({ popularity }) }), 10);
    return items.reduce((sum, { itemId }) => sum + Number(itemId.slice(1)), 0) / items.length;
  };
  // g0 is the most popular, g59 the least.
  expect(await mean(1)).toBeLessThan(15);
  expect(await mean(-1)).toBeGreaterThan((await mean(0)) + 5);
});

it('applies the store’s rules: pin, boost, bury, exclude; safety takes precedence over pins', async () => {
  const rules = [
    rule('feature', { action: 'pin', match: { itemIds: ['g55', 'g56'] } }),
    rule('more', { action: 'boost', match: { itemIds: ['g30'] }, factor: 50 }),
    rule('less', { action: 'bury', match: { itemIds: ['g0'] }, factor: 50 }),
    rule('none', { action: 'exclude', match: { tags: ['naval'], genres: ['Strategy'] } }),
  ];
  const input = createRankingInput({ rules, user: { ...EMPTY_USER_STATE, dismissed: ['g56'] } });
  const { items, ranking } = await recommend(input, 8);
  expect(ids(items).slice(0, 2)).toEqual(['g55', 'g30']);
  expect(ids(items)).not.toContain('g0');
  expect(ids(items)).not.toContain('g4');

  const answered = { rows: [{ id: 'recommendations', items }], topPicks: [], ranking };
  const [pinned, boosted, excluded, dismissed, gone] = explainItems(
    ['g55', 'g30', 'g4', 'g56', 'nobody'],
    answered,
    input,
  );
  expect(pinned).toMatchObject({ shown: { rowId: 'recommendations', column: 0 }, rules: ['feature'] });
  expect(boosted).toMatchObject({ rank: 1, rules: ['more'], sources: { popular: expect.any(Number) } });
  expect(excluded).toMatchObject({ shown: null, why: 'excluded by the rule none', rules: ['none'] });
  expect(dismissed).toMatchObject({ shown: null, why: 'dismissed', rules: ['feature', 'none'] });
  expect(gone).toMatchObject({ shown: null, rank: null, why: expect.stringContaining('not on show') });
});

it('applies a rule only while it is in force, and only for its countries and platforms', async () => {
  const swiss = rule('swiss', {
    action: 'exclude',
    match: { itemIds: ['g1'] },
    audience: { countries: ['CH'], platforms: ['Windows'] },
  });
  const may = rule('may', {
    action: 'pin',
    match: { itemIds: ['g1'] },
    startsAt: '2026-05-01T00:00:00Z',
    endsAt: '2026-06-01T00:00:00+02:00',
  });
  const inForce = (at: string, country: string | null, platform: string | null) =>
    selectRulesInForce([swiss, may], Date.parse(at), { country, platform }).map(({ ruleId }) => ruleId);
  expect(inForce('2026-04-30T23:59:59Z', 'CH', 'windows')).toEqual(['swiss']);
  expect(inForce('2026-05-01T00:00:00Z', 'FR', 'windows')).toEqual(['may']);
  expect(inForce('2026-05-31T22:00:00Z', 'CH', 'linux')).toEqual([]);
  expect(inForce('2026-05-31T21:59:59Z', null, null)).toEqual(['may']);
});

it('does not fill a slate with one developer or series unless there is nothing else', async () => {
  const items = all.map((item, index) => ({
    ...item,
    developer: index < 20 ? 'Giant' : `Studio ${index}`,
    title: index >= 20 && index < 30 ? `Saga ${index}: The Return` : `${item.itemId} the Game`,
  }));
  const slate = ids((await recommend(createRankingInput({}, items), 12)).items);
  expect(slate.filter((itemId) => Number(itemId.slice(1)) < 20)).toHaveLength(3);
  expect(slate.filter((itemId) => Number(itemId.slice(1)) >= 20 && Number(itemId.slice(1)) < 30)).toHaveLength(2);
  expect((await recommend(createRankingInput({}, items.slice(0, 20)), 12)).items).toHaveLength(12);
});

it('derives a series from a title', async () => {
  for (const [one, other] of [
    ['Portal', 'Portal 2'],
    ['The Witcher: Enhanced Edition', 'The Witcher 3: Wild Hunt'],
    ['Iron Tide', 'Iron Tide - Remastered'],
    ['Final Fantasy VII', 'Final Fantasy XIII'],
    ['Left 4 Dead', 'Left 4 Dead 2'],
    ['Alan Wake', 'Alan Wake Episode 2'],
  ])
    expect(seriesOf(one!), one).toBe(seriesOf(other!));
  expect(seriesOf('Left 4 Dead')).not.toBe(seriesOf('Left Alive'));
  expect(seriesOf('Super X Pilot')).not.toBe(seriesOf('Super V Racer'));
  expect(seriesOf('1942: Pacific')).not.toBe(seriesOf('1943: Atlantic'));
});

const withPopular = (known: readonly string[]) => ({
  ...createRankingInput().statistics!,
  popular: known.map((itemId, index): [string, number] => [itemId, 100 - 2 * index]),
});

it('gives one position of the first row to an unexplored item, as often as its propensity says', async () => {
  const statistics = withPopular(itemIds.slice(0, 40));
  const affinity = [{ genre: 'Racing', share: 1 }];
  // Different series.
  const items = all.map((item) => ({ ...item, title: `${item.itemId} the Game` }));
  const answers = 4_000;
  const drawn = new Map<string, number>();
  const propensities = new Map<string, number>();
  let shuffled = 0;
  for (let n = 0; n < answers; n++) {
    const { topPicks, ranking } = await composeGallery(
      createRankingInput({ statistics, affinity, random: createRng(`answer ${n}`) }, items),
      12,
    );
    expect(topPicks).toHaveLength(12);
    if (topPicks.every(({ exploration }) => exploration)) shuffled++;
    else {
      const [unknown, ...more] = topPicks.filter(({ exploration }) => exploration);
      expect(more).toEqual([]);
      const { itemId } = getItem(ranking, unknown!.candidate);
      drawn.set(itemId, (drawn.get(itemId) ?? 0) + 1);
      propensities.set(itemId, unknown!.propensity);
    }
  }
  expect(shuffled / answers).toBeCloseTo(DEFAULT_SETTINGS.shuffleShare, 1.5);
  expect(drawn.size).toBeGreaterThan(10);
  for (const [itemId, times] of drawn) {
    expect(Number(itemId.slice(1))).toBeGreaterThanOrEqual(40);
    const expected = propensities.get(itemId)! * answers;
    expect(Math.abs(times - expected), itemId).toBeLessThan(5 * Math.sqrt(expected));
  }
});

it('does not explore at the positions of pins', async () => {
  const itemIds = ['g50', 'g51', 'g52'];
  const pins = [rule('feature', { action: 'pin', match: { itemIds } })];
  for (let n = 0; n < 400; n++) {
    const input = createRankingInput({ rules: pins, random: createRng(`pinned ${n}`) });
    const { rows, topPicks } = await composeGallery(input, 12);
    expect(ids(rows[0]!.items).slice(0, 3)).toEqual(itemIds);
    for (const { propensity, exploration } of topPicks.slice(0, 3))
      expect([propensity, exploration]).toEqual([1, false]);
    // Nor does it displace one of them.
    expect(ids((await composeGallery({ ...input, random: createRng(`narrow ${n}`) }, 3)).rows[0]!.items)).toEqual(
      itemIds,
    );
  }
});

it('explores within the caps', async () => {
  const items = all.map((item, index) => ({
    ...item,
    title: `${item.itemId} the Game`,
    developer: index % 2 === 0 ? 'Giant' : `Studio ${index}`,
  }));
  const statistics = withPopular(itemIds.slice(0, 40));
  let explored = 0;
  for (let n = 0; n < 300; n++) {
    const { topPicks, ranking } = await composeGallery(
      createRankingInput({ statistics, random: createRng(`capped ${n}`) }, items),
      12,
    );
    const giants = topPicks.filter(({ candidate }) => getItem(ranking, candidate).developer === 'Giant');
    expect(giants.length).toBeLessThanOrEqual(3);
    if (topPicks.some(({ exploration }) => exploration)) explored++;
  }
  expect(explored).toBe(300);
});

it('excludes games from the lists for everybody too', () => {
  const input = createRankingInput({ rules: [rule('none', { action: 'exclude', match: { itemIds: ['g0', 'g51'] } })] });
  for (const list of ['popular', 'trending'] as const) {
    const listed = ids(recommendList(input, list, 10));
    expect(listed).toHaveLength(10);
    for (const gone of ['g0', 'g51']) expect(listed).not.toContain(gone);
  }
});

it('starts a cold-start user’s page from the picked genres, until plays say otherwise', async () => {
  const user = userWith({ genres: ['Racing'] });
  const rows = (await composeGallery(createRankingInput({ user, affinity: [{ genre: 'Racing', share: 1 }] }), 6)).rows;
  expect(rows[0]!.title).toBe('Top picks for you');
  const racing = ids(rows[0]!.items).filter((itemId) => Number(itemId.slice(1)) % 2 === 1);
  expect(racing.length).toBeGreaterThan(3);
  expect(rows.map(({ id }) => id)).toContain('genre-Racing');
});

it('does not name games that must not be shown, on composed and stored pages', async () => {
  const liked = { itemId: 'g1', weight: 1, ageDays: 1, strongestType: 'like' };
  const items = all.map((item, index) => ({ ...item, ageRating: index === 1 ? 18 : 6 }));
  const user = { ...EMPTY_USER_STATE, history: [liked] };
  const made = (await composeGallery(createRankingInput({ user }, items), 6)).rows;
  expect(made.map(({ id }) => id)).toContain('because-g1');
  const none = [rule('none', { action: 'exclude', match: { itemIds: ['g1'] } })];
  for (const changes of [
    { user: { ...user, dismissed: ['g1'] } },
    { user, context: { ...EMPTY_CONTEXT, ageLimit: 12 } },
    { user: { ...user, preferences: { ...EMPTY_PREFERENCES, mutedGenres: ['racing'] } } },
    { user, rules: none },
  ]) {
    const input = createRankingInput(changes, items);
    expect((await composeGallery(input, 6)).rows.map(({ id }) => id)).not.toContain('because-g1');
    expect(filterStoredRows(made, input).map(({ id }) => id)).not.toContain('because-g1');
  }
});

it('does not let an appended list lead its row', async () => {
  const statistics = {
    ...createRankingInput().statistics!,
    trending: Array.from({ length: 20 }, (_, index): [string, number] => [`g${index}`, 40 - index]),
    trendingByCountry: { CH: itemIds.slice(40).map((itemId, index): [string, number] => [itemId, 1 - index / 40]) },
  };
  const input = createRankingInput({ statistics, context: { ...EMPTY_CONTEXT, country: 'CH' } });
  const { rows, ranking } = await composeGallery(input, 6);
  const trending = rows.find(({ id }) => id === 'trending')!;
  expect(trending.title).toBe('Trending in your country');
  for (const { scores } of ranking.candidates.retrieved)
    for (const score of scores) expect(score).toBeLessThanOrEqual(1);
  const trends = ranking.candidates.retrieved.find(({ source }) => source === 'trending')!;
  const trendScores = (test: (index: number) => boolean) =>
    trends.scores.filter((_, position) => test(Number(getItem(ranking, trends.candidates[position]!).itemId.slice(1))));
  const near = trendScores((index) => index >= 40);
  const far = trendScores((index) => index < 40);
  expect(near).toHaveLength(20);
  expect(far.length).toBeGreaterThan(0);
  expect(Math.max(...far)).toBeLessThanOrEqual(Math.min(...near));
});

it('puts recently played games, not viewed ones, into “Continue playing”', async () => {
  const viewed = { itemId: 'g1', weight: 1, ageDays: 1, playedDaysAgo: 400, strongestType: 'play' };
  const rated = { itemId: 'g3', weight: 1, ageDays: 1, strongestType: 'rate' };
  const user = { ...EMPTY_USER_STATE, history: [viewed, rated], played: ['g1', 'g3'] };
  const { rows } = await composeGallery(createRankingInput({ user }), 6);
  expect(rows.map(({ id }) => id)).not.toContain('continue');
  expect(ids(rows.find(({ id }) => id === 'jump-back-in')!.items)).toEqual(['g1']);
});

it('explains a game that no source retrieved', async () => {
  const user = { ...EMPTY_USER_STATE, owned: ['far'], dismissed: ['near'] };
  const far = ['far', 'near'].map((itemId) => ({ ...createItem(0), itemId, releaseDate: '2020-01-01' }));
  const many = Array.from({ length: 400 }, (_, index) => ({ ...createItem(index), itemId: `m${index}` }));
  const input = createRankingInput({ user }, [...all, ...many, ...far]);
  const { items, ranking } = await recommend(input, 8);
  const answered = { rows: [{ id: 'recommendations', items }], topPicks: [], ranking };
  expect(explainItems(['far', 'near'], answered, input).map(({ why }) => why)).toEqual(['owned', 'dismissed']);
});

it('counts pins towards the caps, and fills the row with items within the caps', async () => {
  const items = Array.from({ length: 120 }, (_, index) => ({
    ...createItem(index),
    title: `g${index} the Game`,
    developer: index < 90 ? 'Giant' : `Studio ${index}`,
  }));
  const boost = rule('giant', { action: 'boost', match: { developers: ['Giant'] }, factor: 100 });
  const giants = (list: readonly { itemId: string }[]) => ids(list).filter((itemId) => Number(itemId.slice(1)) < 90);
  const popular = items.map(({ itemId }, index): [string, number] => [itemId, 200 - index]);
  const statistics = { ...createRankingInput().statistics!, popular };
  const personal = {
    itemIds: items.map(({ itemId }) => itemId),
    scores: Float32Array.from(popular, ([, score]) => score),
  };
  const { items: boosted } = await recommend(
    createRankingInput({ rules: [boost], statistics, modelScores: personal }, items),
    12,
  );
  expect(boosted).toHaveLength(12);
  expect(giants(boosted)).toHaveLength(3);
  const pins = rule('feature', { action: 'pin', match: { itemIds: ['g7', 'g8'] } });
  const { items: pinned } = await recommend(
    createRankingInput({ rules: [pins], statistics, modelScores: personal }, items),
    12,
  );
  expect(giants(pinned)).toHaveLength(3);
});

it('has a row for the newest search with results', async () => {
  const user = { ...EMPTY_USER_STATE, searches: ['zzzqqq', 'naval', 'racing'] };
  const { rows } = await composeGallery(createRankingInput({ user }), 6);
  expect(rows[1]).toMatchObject({ id: 'search', title: 'More for “naval”' });
});

it('keeps scores finite with many rules at once', async () => {
  const rules = Array.from({ length: 200 }, (_, n) =>
    rule(`r${n}`, { action: 'boost', match: { itemIds: ['g9'] }, factor: 100 }),
  );
  const { items } = await recommend(createRankingInput({ rules }), 3);
  expect(items[0]).toMatchObject({ itemId: 'g9', score: expect.any(Number) });
  expect(Number.isFinite(items[0]!.score)).toBe(true);
});

it('does not tell a player who has only dismissed games that picks come from played ones', async () => {
  const dismissed = { itemId: 'g0', weight: -0.6, ageDays: 0, strongestType: 'dismiss' };
  const personal = { itemIds, scores: Float32Array.from(itemIds, (_, index) => 60 - index) };
  const reasonFor = async (history: (typeof dismissed)[]) =>
    (await composeGallery(createRankingInput({ user: { ...EMPTY_USER_STATE, history }, modelScores: personal }), 4))
      .rows[0]!.reason;
  expect(await reasonFor([dismissed])).toBe('Other than what you dismissed');
  expect(await reasonFor([dismissed, { ...dismissed, itemId: 'g2', weight: 1, strongestType: 'pick' }])).toBe(
    'From what you picked',
  );
  expect(await reasonFor([dismissed, { ...dismissed, itemId: 'g2', weight: 1, strongestType: 'like' }])).toBe(
    'From what you played, liked and looked at',
  );
});
