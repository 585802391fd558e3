// Accuracy by groups: of players by the length of their history, of games by their popularity.

import type { EvaluationCase } from '../../../models/evaluation/cases.ts';
import { computeMean } from '../../../models/evaluation/metrics.ts';
import { LIST_LENGTH } from '../../../models/evaluation/ranking.ts';
import type { Measured } from '../measure.ts';

export interface Group {
  name: string;
  /** Players, or targets. */
  size: number;
  /** By algorithm, 0–1. */
  values: Readonly<Record<string, number>>;
}

/** Upper ends, inclusive. */
const LENGTHS = [2, 5, 10, 20, 50];
const PLACES = [10, 100, 1_000];

/** NDCG@10 of players by the number of games in their history; groups without players are left out. */
export function groupByHistory(measured: readonly Measured[], cases: readonly EvaluationCase[]): Group[] {
  const players = Map.groupBy(cases.keys(), (n) => findBin(LENGTHS, cases[n]!.history.length));
  return listBins(LENGTHS, (low, high) => (high === undefined ? `${low} or more` : `${low}–${high}`), 1).flatMap(
    (name, bin) => {
      const own = players.get(bin);
      return own === undefined
        ? []
        : {
            name,
            size: own.length,
            values: mapValues(measured, ({ ndcgAt10 }) => meanOf(own.map((n) => ndcgAt10[n]!))),
          };
    },
  );
}

/**
 * Share of the targets that are among the first ten, by the popularity of the game in the training data; groups without
 * targets are left out. `players`: their number in the training data, by item id.
 */
export function groupByPopularity(
  measured: readonly Measured[],
  cases: readonly EvaluationCase[],
  players: ReadonlyMap<string, number>,
): Group[] {
  const places = new Map(
    [...players].sort(([, a], [, b]) => b - a).map(([itemId], place): [string, number] => [itemId, place + 1]),
  );
  const targets = cases.flatMap(({ targets: own }, n) => own.map((itemId) => ({ n, itemId })));
  const byPlace = Map.groupBy(targets, ({ itemId }) => findBin(PLACES, places.get(itemId) ?? Number.POSITIVE_INFINITY));
  const name = (low: number, high: number | undefined) => (high === undefined ? `after ${low - 1}` : `${low}–${high}`);
  return listBins(PLACES, name, 1).flatMap((label, bin) => {
    const own = byPlace.get(bin);
    if (own === undefined) return [];
    const values = mapValues(measured, ({ lists, itemIds }) =>
      meanOf(own.map(({ n, itemId }) => Number(isListed(lists, n, itemIds, itemId)))),
    );
    return { name: label, size: own.length, values };
  });
}

function isListed(lists: Int32Array, player: number, itemIds: readonly string[], itemId: string): boolean {
  for (let at = player * LIST_LENGTH; at < (player + 1) * LIST_LENGTH; at++)
    if (lists[at]! >= 0 && itemIds[lists[at]!] === itemId) return true;
  return false;
}

/** The index of the first end that is not below the value; the number of ends if all are. */
function findBin(ends: readonly number[], value: number): number {
  const bin = ends.findIndex((end) => value <= end);
  return bin < 0 ? ends.length : bin;
}

const listBins = (
  ends: readonly number[],
  name: (low: number, high: number | undefined) => string,
  first: number,
): string[] => [...ends, undefined].map((high, bin) => name(bin === 0 ? first : ends[bin - 1]! + 1, high));

const meanOf = (values: readonly number[]): number => computeMean(Float64Array.from(values));

const mapValues = (measured: readonly Measured[], value: (one: Measured) => number): Record<string, number> =>
  Object.fromEntries(measured.map((one) => [one.result.algorithm, value(one)]));
