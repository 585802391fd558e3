// Draws models with random weights, as large and as slow as trained ones. Their scores mean nothing.

import type { RetrievalModel } from '../../models/algorithms/algorithm.ts';
import { createBlendModel } from '../../models/algorithms/blend-model.ts';
import { countNeighboursThatFit, createNeighbourModel } from '../../models/algorithms/neighbours.ts';
import { createPopularityModel } from '../../models/algorithms/popularity.ts';
import { createProfileModel } from '../../models/algorithms/profiles.ts';
import { createShape, SASREC_DEFAULTS } from '../../models/algorithms/sasrec/options.ts';
import { createSasrecModel } from '../../models/algorithms/sasrec/served.ts';
import { initialise } from '../../models/algorithms/sasrec/transformer.ts';
import type { NeighbourTables } from '../../models/contracts/neighbours.ts';
import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import { createRandom, type Random } from '../../models/data/random.ts';

/** As in `content`. */
const PROFILE_WIDTH = 64;
/** Added to initial values, some of which are 0, unlike in a trained model. */
const DEVIATION = 0.1;
/** sasrec's largest probability, relative to a uniform one. */
const SASREC_PEAK = 20;
/** Per model of a blend, see blendLogits. */
const MIX_WEIGHTS = 4;
/** Every item of a history counts: the most expensive case of votes. */
const NO_DECAY = { positionDecay: 1, halfLifeDays: 14 };

/** One model of each kind, and two blends: sasrec, tables and popularity; and all. */
export function drawModels(items: number): RetrievalModel[] {
  const random = createRandom(1, 'models');
  const itemIds = Array.from({ length: items }, (_, itemIndex) => `g${itemIndex}`);
  const describe = (algorithm: string) => ({ algorithm, parameters: {}, itemIds });
  const perItem = countNeighboursThatFit(items);
  const drawTables = (algorithm: string) =>
    createNeighbourModel(describe(algorithm), drawNeighbours(items, perItem, random), NO_DECAY);
  const drawPopularity = () => createPopularityModel(itemIds, Float64Array.from(itemIds, random.next), {});
  const drawContent = () => {
    const data = Float32Array.from({ length: items * PROFILE_WIDTH }, random.normal);
    return createProfileModel(describe('content'), { data, width: PROFILE_WIDTH }, NO_DECAY);
  };
  const drawSasrec = () => {
    const shape = createShape(SASREC_DEFAULTS, items);
    const parameters = initialise(shape, random);
    for (const { data } of Object.values(parameters))
      data.forEach((value, at) => {
        data[at] = value + DEVIATION * random.normal();
      });
    return createSasrecModel(parameters, shape, {}, itemIds);
  };

  // About each model's scale for a full history: in a blend dominated by one model, the others would not be measured.
  const votes = HISTORY_LENGTH * perItem;
  const ofTables = { sum: votes / 2, max: Math.max(1, votes / items) };
  const norm = Math.sqrt(HISTORY_LENGTH * PROFILE_WIDTH);
  const popularity = { model: drawPopularity(), scale: { sum: items / 2, max: 1 } };
  const transitions = { model: drawTables('transitions'), scale: ofTables };
  const itemKnn = { model: drawTables('item-knn'), scale: ofTables };
  const ease = { model: drawTables('ease'), scale: ofTables };
  const content = { model: drawContent(), scale: { sum: items * norm, max: norm } };
  const sasrec = { model: drawSasrec(), scale: { sum: 1, max: SASREC_PEAK / items } };
  const blend = (...models: (typeof popularity)[]) =>
    createBlendModel(
      models,
      Float32Array.from({ length: MIX_WEIGHTS * models.length }, () => random.next()),
    );
  return [
    ...[popularity, transitions, content, sasrec].map(({ model }) => model),
    blend(popularity, transitions, itemKnn, sasrec),
    blend(popularity, transitions, itemKnn, ease, content, sasrec),
  ];
}

/** Random items other than the item itself; weights fall from 1. */
export function drawNeighbours(items: number, perItem: number, random: Random): NeighbourTables {
  const cells = items * perItem;
  return {
    items,
    perItem,
    neighbours: Int32Array.from(
      { length: cells },
      (_, cell) => (Math.floor(cell / perItem) + 1 + random.below(items - 1)) % items,
    ),
    weights: Float32Array.from({ length: cells }, (_, cell) => 1 - (cell % perItem) / perItem),
  };
}
