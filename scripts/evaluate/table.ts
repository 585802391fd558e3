// Formats the results as a table for people.

import { createRandom } from '../../models/data/random.ts';
import type { EvaluationCase } from '../../models/evaluation/cases.ts';
import { computeMean } from '../../models/evaluation/metrics.ts';
import { comparePaired, estimateDifference } from '../../models/evaluation/significance.ts';
import type { Measured } from './measure.ts';

const P_MIN = 0.001;

/** One line per algorithm. `p`: paired test of NDCG@10 against the selected algorithm. */
export function formatTable(measured: readonly Measured[], selected: string, seed: number): string {
  const best = measured.find(({ result }) => result.algorithm === selected);
  const formatP = ({ result, ndcgAt10 }: Measured): string => {
    if (best === undefined || result.algorithm === selected) return '';
    const p = comparePaired(ndcgAt10, best.ndcgAt10, createRandom(seed, `paired test of ${result.algorithm}`));
    return p < P_MIN ? `<${P_MIN}` : p.toFixed(3);
  };
  const rows = measured.map((one) => {
    const { algorithm, metrics, ci95, trainSeconds, peakMemoryMB, fileMB } = one.result;
    return {
      algorithm: algorithm === selected ? `${algorithm} *` : algorithm,
      'NDCG@10': metrics['ndcg@10'].toFixed(4),
      '95%': ci95['ndcg@10'].map((bound) => bound.toFixed(4)).join('–'),
      p: formatP(one),
      'HR@10': metrics['hitRate@10'].toFixed(4),
      'recall@20': metrics['recall@20'].toFixed(4),
      'NDCG@100': metrics['ndcg@100'].toFixed(4),
      MRR: metrics.mrr.toFixed(4),
      'cover@10': metrics['coverage@10'].toFixed(3),
      'bits@10': metrics['novelty@10'].toFixed(2),
      'train s': trainSeconds.toFixed(1),
      'peak MB': String(peakMemoryMB),
      'file MB': fileMB.toFixed(1),
    };
  });
  return alignColumns(rows);
}

/** Standard errors of a two-sided 95% interval of a normal distribution. */
const STANDARD_ERRORS = 1.96;

/**
 * NDCG@10 by the number of events seen, and its difference from popularity's. `cases`: the test split.
 * Without events every algorithm is measured as popularity, which is what such a player is shown.
 */
export function tabulateByEvents(measured: readonly Measured[], cases: readonly EvaluationCase[]): EventsRow[] {
  const popularity = measured.find(({ result }) => result.algorithm === 'popularity');
  const byLength = Map.groupBy(cases.keys(), (n) => cases[n]!.history.length);
  return Array.from(byLength, ([events, indices]) => {
    const selectCases = ({ ndcgAt10 }: Measured) => Float64Array.from(indices, (n) => ndcgAt10[n]!);
    const known = measured.map((one) => ({
      algorithm: one.result.algorithm,
      own: selectCases(events === 0 ? (popularity ?? one) : one),
    }));
    const compareWithPopularity = (own: Float64Array) => {
      const { mean, standardError } = estimateDifference(own, selectCases(popularity!));
      return { mean, margin: STANDARD_ERRORS * standardError };
    };
    return {
      events,
      ndcgAt10: Object.fromEntries(known.map(({ algorithm, own }) => [algorithm, computeMean(own)])),
      abovePopularity:
        popularity === undefined || events === 0
          ? {}
          : Object.fromEntries(
              known.flatMap(({ algorithm, own }) =>
                algorithm === 'popularity' ? [] : [[algorithm, compareWithPopularity(own)]],
              ),
            ),
    };
  });
}

export interface EventsRow {
  events: number;
  /** By algorithm. */
  ndcgAt10: Record<string, number>;
  /** By algorithm: the mean paired difference and half the width of its 95% interval. Empty without a history. */
  abovePopularity: Record<string, { mean: number; margin: number }>;
}

export const formatByEvents = (rows: readonly EventsRow[]): string =>
  alignColumns(
    rows.map(({ events, ndcgAt10, abovePopularity }) => ({
      'events seen': String(events),
      ...Object.fromEntries(
        Object.entries(ndcgAt10).flatMap(([name, value]) => {
          const above = abovePopularity[name];
          const sign = (above?.mean ?? 0) < 0 ? '' : '+';
          return [
            [name, value.toFixed(4)],
            ...(name === 'popularity'
              ? []
              : [
                  [`${name} − popularity`, above ? `${sign}${above.mean.toFixed(4)} ± ${above.margin.toFixed(4)}` : ''],
                ]),
          ];
        }),
      ),
    })),
  );

/** Aligns the first column to the left and the others to the right. */
function alignColumns(rows: readonly Record<string, string>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => row[name]!.length)));
  const format = (cells: readonly string[]) =>
    cells.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  ');
  return [format(names), ...rows.map((row) => format(names.map((name) => row[name]!)))].join('\n');
}
