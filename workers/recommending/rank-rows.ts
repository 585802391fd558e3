// Orders the rows of a page by the expected utility of the items left for each, and fills them: an item appears in one
// row only.

import type { Candidate, ScoredCandidate } from './candidates.ts';
import { takeWithinCaps } from './diversity.ts';
import { ROWS, type Row } from './rows.ts';

/** `candidates`: the row's candidates, best first for this player. */
export type ScoredRow = Omit<Row, 'candidates'> & { candidates: readonly ScoredCandidate[] };

/** A row with the items put into it. */
export interface FilledRow {
  row: Omit<Row, 'candidates'>;
  items: readonly Candidate[];
}

/** A row with fewer items would look broken. */
const ROW_LENGTH_MIN = 3;
/** A row's expected utility is computed over this many positions. */
const EXAMINED_POSITIONS = 6;
/** `more-picks` gives the vaguest reason, so rows about as good come before it. */
const MORE_PICKS_FACTOR = 0.8;

/**
 * Orders the candidates of a row by the player's score, boosted by the row's own. Reasons are those of the row's
 * source.
 */
export const rankInRow = (
  candidates: readonly Candidate[],
  scored: ReadonlyMap<string, ScoredCandidate>,
): ScoredCandidate[] =>
  candidates
    .map(({ item, score, reason }) => {
      const own = scored.get(item.itemId)!;
      return { candidate: { ...own, reason }, boosted: own.score * (1 + score) };
    })
    .sort((a, b) => b.boosted - a.boosted)
    .map(({ candidate }) => candidate);

/** Fills rows of at most `length` items, in the order of the page. `above`: the rows above them. */
export function fillRows(rows: readonly ScoredRow[], length: number, above: readonly FilledRow[]): FilledRow[] {
  const shown = new Set(above.flatMap(({ items }) => items.map(({ item }) => item.itemId)));
  const filled: FilledRow[] = [];
  let waiting = rows;
  while (true) {
    const lengthMin = above.length + filled.length === 0 ? 1 : Math.min(ROW_LENGTH_MIN, length);
    waiting = waiting.filter(
      ({ candidates }) => takeWithinCaps(skipShown(candidates, shown), lengthMin).length === lengthMin,
    );
    const row = findNextRow(waiting, shown);
    if (row === undefined) return filled;
    const items = takeWithinCaps(skipShown(row.candidates, shown), length);
    for (const { item } of items) shown.add(item.itemId);
    filled.push({ row, items });
    waiting = waiting.filter((one) => one !== row);
  }
}

/** The row with the highest expected utility; `more-picks` only after every personal row. */
function findNextRow(waiting: readonly ScoredRow[], shown: ReadonlySet<string>): ScoredRow | undefined {
  const personal = waiting.some(({ kind }) => ROWS[kind].isPersonal);
  let best: ScoredRow | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of waiting) {
    if (personal && row.kind === 'more-picks') continue;
    const utility = computeRowUtility(row, takeWithinCaps(skipShown(row.candidates, shown), EXAMINED_POSITIONS));
    if (utility > most) [best, most] = [row, utility];
  }
  return best;
}

/** The discounted mean of the first items' scores. The row of a recent search leads whatever its score. */
function computeRowUtility({ kind }: ScoredRow, items: readonly ScoredCandidate[]): number {
  if (kind === 'search') return Number.POSITIVE_INFINITY;
  let sum = 0;
  let discounts = 0;
  for (let position = 0; position < EXAMINED_POSITIONS; position++) {
    const discount = 1 / Math.log2(position + 2);
    sum += discount * (items[position]?.score ?? 0);
    discounts += discount;
  }
  return (kind === 'more-picks' ? MORE_PICKS_FACTOR : 1) * (sum / discounts);
}

function* skipShown(candidates: readonly ScoredCandidate[], shown: ReadonlySet<string>): Generator<ScoredCandidate> {
  for (const candidate of candidates) if (!shown.has(candidate.item.itemId)) yield candidate;
}
