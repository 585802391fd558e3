// Pages to compare with the full algorithm's, in a store's experiments and in `npm run simulate`: baseline pages, which
// are one order cut into rows, and the full page without fatigue. The same filters apply.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import type { Policy } from '../../models/contracts/policy.ts';
import { describePopular } from './describe-popular.ts';
import { createPlayerFilters, createSelectionFilters, type Selection } from './filters.ts';
import { retrieveByModel } from './model-source.ts';
import type { RankingInput } from './ranking-input.ts';
import { filterSource, type Source, take } from './source.ts';
import { retrievePopular } from './sources.ts';

export type BaselinePolicy = Exclude<Policy, 'full' | 'no-fatigue'>;

export const isBaseline = (policy: Policy): policy is BaselinePolicy =>
  policy === 'retrieval' || policy === 'popularity';

export const withoutFatigue = (input: RankingInput): RankingInput => ({ ...input, user: { ...input.user, shown: [] } });

/** As many rows as the full page of a player with some history. */
const ROWS_MAX = 8;

export function composeBaseline(
  policy: BaselinePolicy,
  input: RankingInput,
  length: number,
  { exclude }: Pick<Selection, 'exclude'> = {},
): GalleryRow[] {
  const { columns } = input.catalogue;
  const filters = [...createSelectionFilters({ exclude }, columns), ...createPlayerFilters(input)];
  const candidates = take(filterSource(retrieveBaseline(policy, input), filters), ROWS_MAX * length);
  return Array.from({ length: Math.ceil(candidates.length / length) }, (_, row) => ({
    id: `${policy}-${row + 1}`,
    title: policy === 'popularity' ? describePopular(input).title : 'Recommended for you',
    reason: `The policy “${policy}”`,
    items: candidates
      .slice(row * length, (row + 1) * length)
      .map(({ index, score, reason }) => ({ itemId: columns.ids[index]!, score, reason })),
  }));
}

/** Each item once. */
export const retrieveBaseline =
  (policy: BaselinePolicy, input: RankingInput): Source =>
  (visit) => {
    const popular = retrievePopular(input);
    if (policy === 'popularity') return popular(visit);
    const seen = new Set<number>();
    return (
      retrieveByModel(input)((index, score, reason) => seen.add(index) && visit(index, score, reason)) &&
      popular((index, score, reason) => seen.has(index) || visit(index, score, reason))
    );
  };
