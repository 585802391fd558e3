// The results as a table for people.

import type { RankingCase } from '../../models/evaluation/cases.ts';
import { meanOf } from '../../models/evaluation/metrics.ts';
import { comparePaired } from '../../models/evaluation/significance.ts';
import { createRandom } from '../../models/training/random.ts';
import type { Measured } from './measure.ts';

const P_MIN = 0.001;

/** One line per algorithm. `p`: paired test of NDCG@10 against the selected one. */
export function formatTable(measured: readonly Measured[], selected: string, seed: number): string {
  const best = measured.find(({ result }) => result.algorithm === selected);
  const pOf = ({ result, ndcgAt10 }: Measured): string => {
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
      p: pOf(one),
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

/**
 * NDCG@10 by the number of events seen, a line per number. `questions`: of the test, in the order of the measured ones.
 * Who has no history is answered from popularity, whatever the algorithm.
 */
export function tabulateByEvents(measured: readonly Measured[], questions: readonly RankingCase[]): EventsRow[] {
  const popularity = measured.find(({ result }) => result.algorithm === 'popularity');
  const bySeen = Map.groupBy(questions.keys(), (place) => questions[place]!.history.length);
  return Array.from(bySeen, ([events, places]) => ({
    events,
    ndcgAt10: Object.fromEntries(
      measured.map((one) => {
        const { ndcgAt10 } = events === 0 ? (popularity ?? one) : one;
        return [one.result.algorithm, meanOf(Float64Array.from(places, (place) => ndcgAt10[place]!))];
      }),
    ),
  }));
}

export interface EventsRow {
  events: number;
  /** By algorithm. */
  ndcgAt10: Record<string, number>;
}

export const formatByEvents = (rows: readonly EventsRow[]): string =>
  alignColumns(
    rows.map(({ events, ndcgAt10 }) => ({
      'events seen': String(events),
      ...Object.fromEntries(Object.entries(ndcgAt10).map(([name, value]) => [name, value.toFixed(4)])),
    })),
  );

/** The first column to the left, the others to the right. */
function alignColumns(rows: readonly Record<string, string>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const widths = names.map((name) => Math.max(name.length, ...rows.map((row) => row[name]!.length)));
  const format = (cells: readonly string[]) =>
    cells.map((cell, n) => (n === 0 ? cell.padEnd(widths[n]!) : cell.padStart(widths[n]!))).join('  ');
  return [format(names), ...rows.map((row) => format(names.map((name) => row[name]!)))].join('\n');
}
