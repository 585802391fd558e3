// The search that the item-to-item algorithms share: tables are recomputed only when one of their parameters changes,
// and the decay of votes is searched the same way for all.

import type { NeighbourTables } from '../contracts/neighbours.ts';
import type { RetrievalModel, TrainingContext } from './algorithm.ts';
import { type Axes, searchCoordinates } from './coordinate-search.ts';
import { createNeighbourModel } from './neighbours.ts';
import { POSITION_DECAYS, type VoteDecay } from './votes.ts';

interface TableSearch<P extends Record<string, number>> {
  algorithm: string;
  itemIds: readonly string[];
  /** See computeMedianAgeDays: half-lives are tried relative to it. */
  medianAgeDays: number;
  start: P & { positionDecay: number };
  axes: Axes<P>;
  count(parameters: P): NeighbourTables | Promise<NeighbourTables>;
}

export async function searchTables<P extends Record<string, number>>(
  { algorithm, itemIds, medianAgeDays, start, axes, count }: TableSearch<P>,
  context: TrainingContext,
): Promise<void> {
  let counted: { key: string; tables: NeighbourTables } | undefined;
  async function train(parameters: P & VoteDecay): Promise<RetrievalModel> {
    const { positionDecay, halfLifeDays, ...tableParameters } = parameters;
    const key = JSON.stringify(tableParameters);
    if (counted?.key !== key) counted = { key, tables: await count(parameters) };
    return createNeighbourModel({ algorithm, parameters, itemIds }, counted.tables, { positionDecay, halfLifeDays });
  }
  // By effect: 0 is no decay, and the shorter the half-life, the stronger.
  const halfLives = [0, 4 * medianAgeDays, medianAgeDays];
  await searchCoordinates<P & VoteDecay>(
    { ...start, halfLifeDays: 0 },
    { positionDecay: POSITION_DECAYS, ...axes, halfLifeDays: halfLives } as Axes<P & VoteDecay>,
    train,
    context,
  );
}
