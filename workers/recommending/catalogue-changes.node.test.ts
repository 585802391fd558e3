// What is kept of the catalogue between answers follows its changes: columns, orders, lists, features, matchers.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE } from '../../models/contracts/signals.ts';
import type { ItemScore } from '../../models/contracts/statistics.ts';
import { createRng } from '../../models/features/rng.ts';
import { makeItem } from '../../tests/item.ts';
import { createRankingInput } from '../../tests/ranking-input.ts';
import { Catalogue } from '../storage/catalogue.ts';
import type { ItemChange } from '../storage/items.ts';
import { explainItems } from './explain.ts';
import { recommendList } from './lists.ts';
import type { RankingInput } from './ranking-input.ts';
import { composeGallery, recommend } from './recommend.ts';
import { readStatistics } from './sources.ts';

const ids = Array.from({ length: 100 }, (_, n) => `g${n}`);
const listEvery = (step: number, from: number): ItemScore[] =>
  ids.flatMap((itemId, n): ItemScore[] => (n % step === from ? [[itemId, 200 - n]] : []));
const ruleOf = (action: Rule['action'], match: Rule['match']): Rule => ({
  ...RuleInput.parse({ action, match }),
  ruleId: `${action} ${Object.keys(match)}`,
});

// The same objects for all answers, as in an isolate; they name games, tags and developers that come later.
const popular = listEvery(2, 0);
const kept = {
  releaseItems: new Map(ids.filter((_, n) => n % 5 !== 0).map((itemId, index) => [itemId, index])),
  rules: [
    ruleOf('exclude', { itemIds: ['g31', 'g77'] }),
    ruleOf('pin', { tags: ['Tag 40'] }),
    ruleOf('bury', { developers: ['STUDIO 8'] }),
  ],
  modelScores: { itemIds: ids, scores: Float32Array.from(ids, (_, n) => 1 + Math.sin(n * n)) },
};
const statistics = {
  ...createRankingInput().statistics!,
  ...{ popular, trending: listEvery(7, 1), bestRated: listEvery(7, 2), hiddenGems: listEvery(7, 3) },
  trendingByCountry: { CH: listEvery(9, 4) },
  popularByCountry: { CH: listEvery(4, 1) },
};
const user = {
  ...EMPTY_USER_STATE,
  owned: ['g61'],
  searches: ['road 7'],
  history: ['g3', 'g55', 'g81'].map((itemId) => ({ itemId, weight: 1, ageDays: 1, strongestType: 'like' })),
};

async function answer(catalogue: Catalogue, changes: Partial<RankingInput>) {
  const context = { ...createRankingInput().context, country: 'CH' };
  const input = createRankingInput({ statistics, user, context, catalogue, ...changes });
  const page = await composeGallery(input, 8);
  return {
    rows: page.rows,
    explained: explainItems(ids, page, input),
    features: page.ranking.readFeatures(page.ranking.ranked),
    list: (await recommend(input, 100)).items,
    trending: recommendList(input, 'trending', 30),
  };
}

/** More than the distance of two codes of a feature. */
const CODE = 0.008;

it('answers after any changes as with a catalogue that was read afresh', async () => {
  const random = createRng('catalogue changes');
  const draw = (count: number) => Math.floor(count * random());
  const live = new Catalogue();
  const stored = new Map<string, ItemChange>();
  let today = '2026-01-15';
  for (let step = 0; step < 120; step++) {
    // Games come one after another, change, and are hidden for a while; or only the day changes.
    for (let n = (step % 2) * (1 + draw(4)); n > 0; n--) {
      const itemId = ids[draw(Math.min(ids.length, 10 + step))]!;
      const item = makeItem(itemId, {
        title: `Road ${draw(20)}`,
        genres: [`Genre ${draw(4)}`],
        tags: Array.from({ length: draw(4) }, () => `tag ${draw(5 + step)}`),
        developer: random() < 0.2 ? null : `Studio ${draw(3 + step / 8)}`,
        releaseDate: random() < 0.2 ? null : `2026-01-${10 + draw(20)}`,
        price: draw(60),
        hidden: random() < 0.2,
      });
      const change = { itemId, revision: 10 * step + n, item };
      if (change.revision >= (stored.get(itemId)?.revision ?? 0)) stored.set(itemId, change);
      live.apply(change);
    }
    const afresh = new Catalogue();
    for (const change of stored.values()) afresh.apply(change);
    if (random() < 0.5) today = `2026-01-${10 + draw(20)}`;
    const modelScores = step % 3 === 0 ? null : kept.modelScores;
    const { features, ...shown } = await answer(live, { ...kept, modelScores, today });
    // Copies, for which nothing is kept.
    const { features: expected, ...others } = await answer(afresh, structuredClone({ ...kept, modelScores, today }));
    expect(shown, `step ${step}`).toEqual(others);
    // Labels are summed in the order of their numbers, which differ: a value between two codes may get either.
    expect(features.findIndex((value, at) => Math.abs(value - expected[at]!) > CODE)).toBe(-1);
  }
  expect(live.size).toBeGreaterThan(50);
});

it('keeps no list of countries that the statistics do not have', () => {
  const input = createRankingInput({ ...kept, statistics });
  const columns = readStatistics(input);
  expect(columns.readCountry('trendingByCountry', 'CH')).toBe(columns.readCountry('trendingByCountry', 'CH'));
  expect(columns.readCountry('trendingByCountry', 'AA')).not.toBe(columns.readCountry('trendingByCountry', 'AA'));
});

it('frees a replaced catalogue at once, since an isolate has no memory for two', async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const answerByAnother = async () => {
    const catalogue = new Catalogue();
    for (const itemId of ids) catalogue.apply({ itemId, revision: 1, item: makeItem(itemId) });
    await answer(catalogue, kept);
    return new WeakRef(catalogue.columns);
  };
  const replaced = await answerByAnother();
  // The release, the rules and the statistics are those of the answers before and after.
  // A function that V8 compiles in the background holds the objects it was called with for some milliseconds.
  const isGone = () => {
    collectGarbage();
    return replaced.deref() === undefined;
  };
  await expect.poll(isGone).toBe(true);
});
