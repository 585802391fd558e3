// Later pages of a list, in the order that the list had when its first page was computed, so that nothing is repeated
// or skipped while signals change. Items that must no longer be shown leave a gap instead of moving the rest up.

import { removes } from './filter.ts';
import { createPlayerFilters, type Selection } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { recommend } from './recommend.ts';

type Recommended = Awaited<ReturnType<typeof recommend>>;

/** As `recommend`, if this is a first page. */
export async function continueList(
  { earlierUser, ...input }: RankingInput,
  length: number,
  selection: Selection,
): Promise<Recommended> {
  if (earlierUser === undefined) return recommend(input, length, selection);
  const { items, ranking } = await recommend({ ...input, user: earlierUser }, length, selection);
  const filters = createPlayerFilters(input);
  const isAllowed = (index: number) => index >= 0 && !removes(filters, index);
  return { items: items.filter(({ itemId }) => isAllowed(input.catalogue.columns.find(itemId))), ranking };
}
