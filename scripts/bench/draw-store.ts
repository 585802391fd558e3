// Draws a store of any size and its players, as ranking inputs: a catalogue with labels, developers, series and prices,
// statistics, and a release's scores and neighbours. For measuring speed; the scores mean nothing.

import { ACTIONS, DEFAULT_SETTINGS } from '../../models/contracts/algorithm-settings.ts';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import type { Item } from '../../models/contracts/item.ts';
import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import { type Rule, RuleInput } from '../../models/contracts/rule.ts';
import { EMPTY_USER_STATE, type HistoryItem, type UserState } from '../../models/contracts/signals.ts';
import type { ItemScore, Statistics } from '../../models/contracts/statistics.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import { computeGenreAffinity } from '../../models/features/affinity.ts';
import { FEATURES } from '../../models/features/ranking.ts';
import { createRng } from '../../models/features/rng.ts';
import type { PredictActions, RankingInput } from '../../workers/recommending/ranking-input.ts';
import { Catalogue } from '../../workers/storage/catalogue.ts';
import { nameOne } from './draw-interactions.ts';

const SEED = 1;
const GENRES = 20;
const TAGS = 400;
const TODAY = '2026-06-01';
const DAY_MS = 86_400_000;
const CATALOGUE_YEARS = 20;
/** The rest is newer than the release. */
const IN_RELEASE_SHARE = 0.98;
/** The rest has no events. */
const WITH_EVENTS_SHARE = 0.8;
const LIST_LENGTH = 500;
const COUNTRY_LIST_LENGTH = 60;
const NEIGHBOURS = 50;
const SHOWN = 150;

/** Draws a catalogue and statistics of its games. Deterministic. */
export function drawStore(items: number): { items: Item[]; statistics: Statistics } {
  const random = createRandom(SEED, `store of ${items}`);
  const all = drawItems(items, random);
  return { items: all, statistics: drawStatistics(all, random) };
}

const drawItems = (items: number, random: Random): Item[] =>
  Array.from({ length: items }, (_, index) => drawItem(index, items, random));

/** Draws the inputs of `players` answers. Deterministic. */
export function drawRankingInputs(items: number, players: number): RankingInput[] {
  const random = createRandom(SEED, `store of ${items}`);
  const all = drawItems(items, random);
  const catalogue = new Catalogue();
  for (const item of all) catalogue.apply({ itemId: item.itemId, revision: 1, item });
  const statistics = drawStatistics(all, random);
  const itemIds = all.slice(0, Math.floor(IN_RELEASE_SHARE * items)).map(({ itemId }) => itemId);
  const store = {
    settings: DEFAULT_SETTINGS,
    catalogue,
    statistics,
    releaseItems: new Map(itemIds.map((itemId, index) => [itemId, index])),
    neighboursOf: drawNeighbours(itemIds),
    rules: RULES,
    predictActions: predictByFeatures,
    today: TODAY,
  };
  return Array.from({ length: players }, (_, player) => {
    const user = drawUser(itemIds, random);
    return {
      ...store,
      user,
      affinity: computeGenreAffinity(user.history, catalogue.columns),
      context: { ...EMPTY_CONTEXT, country: 'CH', platform: 'windows', localHour: 20 },
      modelScores: { itemIds, scores: Float32Array.from(itemIds, () => random.next() ** 8) },
      random: createRng(`player ${player}`),
    };
  });
}

const rule = (ruleId: string, input: object): Rule => ({ ruleId, ...RuleInput.parse(input) });
const RULES = [
  rule('featured', { action: 'pin', match: { itemIds: [nameOne('g', 7)] } }),
  rule('more', { action: 'boost', match: { tags: ['tag 3'] } }),
  rule('none', { action: 'exclude', match: { genres: ['genre 19'], ageRatingMin: 18 } }),
];

/** Distinct scores, so that few candidates have equal ones, as with a trained model. */
const WEIGHTS = Float32Array.from(FEATURES, (_, feature) => 1 / (FEATURES.length + feature));

/** Stands in for a ranking model, which is not part of composing: reads every feature once. */
const predictByFeatures: PredictActions = async (features, candidates) => {
  const probabilities = new Float32Array(candidates * ACTIONS.length);
  for (let candidate = 0; candidate < candidates; candidate++) {
    let sum = 0;
    for (let feature = 0; feature < FEATURES.length; feature++)
      sum += WEIGHTS[feature]! * features[candidate * FEATURES.length + feature]!;
    probabilities[candidate * ACTIONS.length] = sum / FEATURES.length;
  }
  return probabilities;
};

/** Low numbers are likelier, as a store has a few common labels and many rare ones. */
const drawLabel = (name: string, count: number, random: Random): string =>
  `${name} ${Math.floor(count * random.next() ** 2)}`;

const drawLabels = (name: string, count: number, most: number, random: Random): string[] => [
  ...new Set(Array.from({ length: 1 + random.below(most) }, () => drawLabel(name, count, random))),
];

function drawItem(index: number, items: number, random: Random): Item {
  const ageDays = random.below(CATALOGUE_YEARS * 365);
  const series = random.below(items);
  return {
    itemId: nameOne('g', index),
    title: random.chance(0.2) ? `Series number${series % (items >> 3)} ${1 + random.below(9)}` : `Game number${index}`,
    genres: drawLabels('genre', GENRES, 3, random),
    tags: drawLabels('tag', TAGS, 8, random),
    developer: `Studio ${random.below(Math.ceil(items / 4))}`,
    releaseDate: random.chance(0.98) ? new Date(Date.parse(TODAY) - ageDays * DAY_MS).toISOString().slice(0, 10) : null,
    price: random.chance(0.9) ? 5 * random.below(15) : null,
    currency: 'USD',
    ageRating: random.chance(0.9) ? random.pick([0, 7, 12, 16, 18]) : null,
    platforms: random.chance(0.9) ? ['windows'] : ['linux'],
    coverUrl: null,
    hidden: false,
  };
}

function drawStatistics(items: readonly Item[], random: Random): Statistics {
  const drawList = (length: number): ItemScore[] =>
    random
      .shuffle(items.map(({ itemId }) => itemId))
      .slice(0, length)
      .map((itemId, rank): ItemScore => [itemId, 1_000 / (1 + rank)]);
  return {
    schema: 1,
    computedAt: `${TODAY}T00:00:00Z`,
    popular: drawList(Math.floor(WITH_EVENTS_SHARE * items.length)),
    popularUntil: TODAY,
    trending: drawList(LIST_LENGTH),
    bestRated: drawList(LIST_LENGTH),
    trendingByCountry: { CH: drawList(COUNTRY_LIST_LENGTH) },
    popularByCountry: { CH: drawList(COUNTRY_LIST_LENGTH) },
    ownPopularByCountry: { CH: [] },
    hiddenGems: drawList(LIST_LENGTH),
  };
}

/** The neighbours of an item are those that follow it in the vocabulary. */
function drawNeighbours(itemIds: readonly string[]): RankingInput['neighboursOf'] {
  const { length } = itemIds;
  const following = Int32Array.from({ length: length + NEIGHBOURS }, (_, position) => (position + 1) % length);
  const weights = Float32Array.from({ length: NEIGHBOURS }, (_, rank) => 1 / (1 + rank));
  return (itemId) => {
    const position = Number(itemId.slice(1));
    return { itemIds, positions: following.subarray(position, position + NEIGHBOURS), weights };
  };
}

function drawUser(itemIds: readonly string[], random: Random): UserState {
  const history = Array.from({ length: HISTORY_LENGTH }, (_, index): HistoryItem => {
    const strongestType = random.pick(['play', 'like', 'click']);
    return {
      itemId: random.pick(itemIds),
      weight: strongestType === 'click' ? 0.3 : 0.6 + 0.4 * random.next(),
      ageDays: index / 4,
      strongestType,
      ...(strongestType === 'play' && { playedDaysAgo: index / 4 }),
    };
  });
  const played = history.filter(({ strongestType }) => strongestType === 'play').map(({ itemId }) => itemId);
  return {
    ...EMPTY_USER_STATE,
    history,
    played,
    owned: played,
    liked: history.filter(({ strongestType }) => strongestType === 'like').map(({ itemId }) => itemId),
    dismissed: Array.from({ length: 5 }, () => random.pick(itemIds)),
    shown: Array.from({ length: SHOWN }, () => ({ itemId: random.pick(itemIds), times: 3, passedOver: 1.5 })),
    preferences: { ...EMPTY_USER_STATE.preferences, ageLimit: 16 },
  };
}
