// Says of an item why it is in an answer, or why it is not, from what ranking left behind. It computes no score anew.

import type { Explanation, GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Placed } from './exploration.ts';
import type { RankingInput } from './ranking-input.ts';
import type { Ranking } from './recommend.ts';
import { listMatchingRules } from './rules.ts';

/** Of the removed ones that are explained where nobody names an item. */
const REMOVED_MAX = 200;

interface Answered {
  rows: readonly (Pick<GalleryRow, 'id'> & { items: readonly RecommendedItem[] })[];
  placed: readonly Placed[];
  ranked: Ranking;
}

/** `itemIds`: those that are asked about; undefined for all that are shown and all that were removed. */
export function explainItems(
  itemIds: readonly string[] | undefined,
  answered: Answered,
  input: RankingInput,
): Explanation[] {
  const { rows, placed, ranked } = answered;
  const { pool, candidates } = ranked;
  const shown = new Map(
    rows.flatMap(({ id, items }) =>
      items.map((item, position) => [item.itemId, { rowId: id, position, reason: item.reason }]),
    ),
  );
  const ranks = new Map(candidates.map(({ item }, rank) => [item.itemId, rank]));
  const propensities = new Map(placed.map(({ candidate, propensity }) => [candidate.item.itemId, propensity]));
  const asked = itemIds ?? [...shown.keys(), ...[...pool.removed.keys()].slice(0, REMOVED_MAX)];
  return asked.map((itemId) => {
    const at = shown.get(itemId);
    const rank = ranks.get(itemId);
    const candidate = rank === undefined ? undefined : candidates[rank]!;
    const item = input.catalogue.get(itemId);
    return {
      itemId,
      shown: at === undefined ? null : { rowId: at.rowId, position: at.position },
      why: at?.reason ?? whyNot(itemId, rank, ranked, input),
      score: candidate?.score ?? null,
      rank: rank ?? null,
      candidates: candidates.length,
      sources: Object.fromEntries(
        Object.entries(candidate?.sources ?? {}).map(([source, { score }]) => [source, score]),
      ),
      rules: item === undefined ? [] : listMatchingRules(item, input.rules),
      propensity: propensities.get(itemId) ?? null,
    };
  });
}

function whyNot(
  itemId: string,
  rank: number | undefined,
  { pool, candidates }: Ranking,
  { catalogue }: RankingInput,
): string {
  const item = catalogue.get(itemId);
  if (item === undefined) return 'not on show: the catalogue does not hold it, or it is hidden';
  const objection = pool.findFilterReason(item);
  if (objection !== undefined) return objection;
  if (rank === undefined) return 'no source found it for this player';
  return `ranked ${rank + 1} of ${candidates.length}: the places went to games that are better, or stand better beside the others`;
}
