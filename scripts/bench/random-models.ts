// Draws models with random weights, as large and as slow as trained ones. Their scores mean nothing.

import type { RetrievalModel } from '../../models/algorithms/algorithm.ts';
import { createBlendModel } from '../../models/algorithms/blend-model.ts';
import { countWidth } from '../../models/algorithms/content.ts';
import { countNeighboursThatFit, createNeighbourModel, TABLE_ROWS_MAX } from '../../models/algorithms/neighbours.ts';
import { createPopularityModel } from '../../models/algorithms/popularity.ts';
import { createProfileModel } from '../../models/algorithms/profiles.ts';
import { createShape, SASREC_DEFAULTS } from '../../models/algorithms/sasrec/options.ts';
import { createSasrecModel } from '../../models/algorithms/sasrec/served.ts';
import { initialise } from '../../models/algorithms/sasrec/transformer.ts';
import type { NeighbourTables } from '../../models/contracts/neighbours.ts';
import { HISTORY_LENGTH } from '../../models/contracts/release.ts';
import { createRandom, type Random } from '../../models/data/random.ts';

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
  const rows = Math.min(items, TABLE_ROWS_MAX);
  const perItem = countNeighboursThatFit(rows);
  const profileWidth = countWidth(items);
  const drawTables = (algorithm: string) =>
    createNeighbourModel(describe(algorithm), drawNeighbours(items, perItem, random, rows), NO_DECAY);
  const drawPopularity = () => createPopularityModel(itemIds, Float64Array.from(itemIds, random.next), {});
  const drawContent = () => {
    const data = Float32Array.from({ length: items * profileWidth }, random.normal);
    return createProfileModel(describe('content'), { data, width: profileWidth }, NO_DECAY);
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
  const norm = Math.sqrt(HISTORY_LENGTH * profileWidth);
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

/** Random items other than the item itself; weights fall from 1. Only the first `rows` items have neighbours. */
export function drawNeighbours(items: number, perItem: number, random: Random, rows = items): NeighbourTables {
  const cells = items * perItem;
  const neighbours = new Int32Array(cells);
  const weights = new Float32Array(cells);
  for (let cell = 0; cell < rows * perItem; cell++) {
    neighbours[cell] = (Math.floor(cell / perItem) + 1 + random.below(rows - 1)) % rows;
    weights[cell] = 1 - (cell % perItem) / perItem;
  }
  return { items, perItem, neighbours, weights };
}
