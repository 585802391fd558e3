// Explains why an item is or is not in an answer, from the results of ranking. It computes no score.

import type { Explanation, GalleryRow } from '../../models/contracts/gallery.ts';
import { listSources } from './candidates.ts';
import { findFilterReason } from './filter.ts';
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
  { catalogue: { columns }, rules }: RankingInput,
): Explanation[] {
  const { candidates, ranked, removed, scores } = ranking;
  const shown = new Map(
    rows.flatMap(({ id, items }) => items.map(({ itemId, reason }, column) => [itemId, { rowId: id, column, reason }])),
  );
  const ranks = new Map(ranked.map((candidate, rank) => [candidates.indexes[candidate]!, rank]));
  const propensities = new Map(topPicks.map(({ candidate, propensity }) => [candidate, propensity]));
  const asked = itemIds ?? [...shown.keys(), ...removed.slice(0, REMOVED_MAX).map((index) => columns.ids[index]!)];
  return asked.map((itemId) => {
    const at = shown.get(itemId);
    const index = columns.find(itemId);
    const rank = ranks.get(index);
    const candidate = rank === undefined ? undefined : ranked[rank]!;
    return {
      itemId,
      shown: at === undefined ? null : { rowId: at.rowId, column: at.column },
      why: at?.reason ?? explainAbsence(index, rank, ranking),
      score: candidate === undefined ? null : scores[candidate]!,
      rank: rank ?? null,
      candidates: ranked.length,
      sources: Object.fromEntries(
        candidate === undefined
          ? []
          : Array.from(listSources(candidates, candidate), ([source, { score }]) => [source, score]),
      ),
      rules: index < 0 ? [] : listMatchingRules(index, rules, columns),
      propensity: (candidate === undefined ? undefined : propensities.get(candidate)) ?? null,
    };
  });
}

function explainAbsence(index: number, rank: number | undefined, { filters, ranked }: Ranking): string {
  if (index < 0) return 'not on show: it is hidden, or not in the catalogue';
  const reason = findFilterReason(filters, index);
  if (reason !== undefined) return reason;
  if (rank === undefined) return 'no source retrieved it for this player';
  return `ranked ${rank + 1} of ${ranked.length}: other games score higher, or make a more varied row`;
}
