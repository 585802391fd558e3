// The features' input for tests: a catalogue as columns, and candidates as retrieval describes them.

import type { SourceName } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import { ItemColumns } from '../models/features/item-columns.ts';
import type { CandidateFeatures } from '../models/features/ranking.ts';

export interface DescribedCandidate {
  itemId: string;
  sources?: Partial<Record<SourceName, number>>;
  retrievalRank?: number | undefined;
  prior: number;
}

export function createColumns(items: Iterable<Item>): ItemColumns {
  const columns = new ItemColumns();
  for (const item of items) columns.put(item);
  return columns;
}

export const describeCandidates = (
  candidates: readonly DescribedCandidate[],
  columns: ItemColumns,
): CandidateFeatures => ({
  indexes: candidates.map(({ itemId }) => columns.indexOf(itemId)),
  retrievalRanks: candidates.map(({ retrievalRank = -1 }) => retrievalRank),
  priors: Float64Array.from(candidates, ({ prior }) => prior),
  readSource: (source) => Float64Array.from(candidates, ({ sources }) => sources?.[source] ?? 0),
});
