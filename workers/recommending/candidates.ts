// The candidates of one answer: a candidate is a number, in the order in which the sources retrieved it. An item is one
// candidate, whatever the number of sources that retrieved it.

import type { RecommendedItem, SourceName } from '../../models/contracts/gallery.ts';
import type { ItemColumns } from '../../models/features/item-columns.ts';
import type { ColdStart } from './cold-start.ts';
import type { ShownItem } from './source.ts';

/** The candidates of one source, best first, as columns. */
export interface Retrieved {
  source: SourceName;
  candidates: number[];
  /** Relative to the source's best, 0–1; they never rise. */
  scores: number[];
  reasons: string[];
}

export interface Candidates {
  columns: ItemColumns;
  /** Item indexes, by candidate. */
  indexes: readonly number[];
  /** In the order in which the sources were asked. A source may have several rows. */
  retrieved: readonly Retrieved[];
  coldStart: ColdStart;
}

/** Scores of a source by candidate; 0 for candidates that it did not retrieve. */
export function readSourceScores({ indexes, retrieved }: Candidates, source: SourceName): Float64Array {
  const column = new Float64Array(indexes.length);
  for (const { source: one, candidates, scores } of retrieved)
    if (one === source)
      for (let position = 0; position < candidates.length; position++) {
        const candidate = candidates[position]!;
        if (scores[position]! > column[candidate]!) column[candidate] = scores[position]!;
      }
  return column;
}

/** The reason of a source for a candidate, of several rows of a source that with the best score; undefined without. */
export function findReason({ retrieved }: Candidates, candidate: number, source: SourceName): string | undefined {
  let reason: string | undefined;
  let best = 0;
  for (const { source: one, candidates, scores, reasons } of retrieved) {
    const position = one === source ? candidates.indexOf(candidate) : -1;
    if (position < 0 || scores[position]! < best) continue;
    best = scores[position]!;
    reason = reasons[position]!;
  }
  return reason;
}

/** The first source that retrieved a candidate. */
export const findSource = ({ retrieved }: Candidates, candidate: number): SourceName =>
  retrieved.find(({ candidates }) => candidates.includes(candidate))!.source;

/** The sources that retrieved a candidate, in the order in which they were asked, each with its best score. */
export function listSources(
  { retrieved }: Candidates,
  candidate: number,
): Map<SourceName, { score: number; reason: string }> {
  const sources = new Map<SourceName, { score: number; reason: string }>();
  for (const { source, candidates, scores, reasons } of retrieved) {
    const position = candidates.indexOf(candidate);
    if (position < 0 || scores[position]! < (sources.get(source)?.score ?? 0)) continue;
    sources.set(source, { score: scores[position]!, reason: reasons[position]! });
  }
  return sources;
}

export const toRecommendedItem = ({ index, score, reason }: ShownItem, { ids }: ItemColumns): RecommendedItem => ({
  itemId: ids[index]!,
  score: Math.round(score * 1e6) / 1e6,
  reason,
});
