// Explains why an item is or is not in an answer, from the results of ranking. It computes no score.

import type { Explanation, GalleryRow } from '../../models/contracts/gallery.ts';
import type { RankingInput } from './ranking-input.ts';
import type { Page, Ranking } from './recommend.ts';
import { listMatchingRules } from './rules.ts';

/** At most this many removed items are explained if the request names no items. */
const REMOVED_MAX = 200;

interface Answered extends Pick<Page, 'topPicks' | 'ranking'> {
  rows: readonly Pick<GalleryRow, 'id' | 'items'>[];
}

/** `itemIds`: the items asked about; undefined for all that are shown and all that were removed. */
export function explainItems(
  itemIds: readonly string[] | undefined,
  { rows, topPicks, ranking }: Answered,
  input: RankingInput,
): Explanation[] {
  const { pool, candidates } = ranking;
  const shown = new Map(
    rows.flatMap(({ id, items }) => items.map(({ itemId, reason }, column) => [itemId, { rowId: id, column, reason }])),
  );
  const ranks = new Map(candidates.map(({ item }, rank) => [item.itemId, rank]));
  const propensities = new Map(topPicks.map(({ candidate, propensity }) => [candidate.item.itemId, propensity]));
  const asked = itemIds ?? [...shown.keys(), ...[...pool.removed.keys()].slice(0, REMOVED_MAX)];
  return asked.map((itemId) => {
    const at = shown.get(itemId);
    const rank = ranks.get(itemId);
    const candidate = rank === undefined ? undefined : candidates[rank]!;
    const item = input.catalogue.get(itemId);
    return {
      itemId,
      shown: at === undefined ? null : { rowId: at.rowId, column: at.column },
      why: at?.reason ?? explainAbsence(itemId, rank, ranking, input),
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

function explainAbsence(
  itemId: string,
  rank: number | undefined,
  { pool, candidates }: Ranking,
  { catalogue }: RankingInput,
): string {
  const item = catalogue.get(itemId);
  if (item === undefined) return 'not on show: it is hidden, or not in the catalogue';
  const reason = pool.findFilterReason(item);
  if (reason !== undefined) return reason;
  if (rank === undefined) return 'no source retrieved it for this player';
  return `ranked ${rank + 1} of ${candidates.length}: other games score higher, or make a more varied row`;
}
