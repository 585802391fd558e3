// Orders the rows of a page by the expected utility of the items left for each, and fills them: an item appears in one
// row only.

import type { RowKind } from '../../models/contracts/gallery.ts';
import type { Candidates, Retrieved } from './candidates.ts';
import { takeWithinCaps } from './caps.ts';
import { orderByScore } from './order-by-score.ts';
import { ROWS, type Row } from './rows.ts';
import type { ShownItem } from './source.ts';

type RowText = Omit<Row, 'candidates'>;

/** A row with its candidates, best first for this player. */
export interface ScoredRow extends RowText {
  candidates: readonly number[];
  explain(candidate: number): string;
}

/** A row with the items put into it. */
export interface FilledRow {
  row: RowText;
  items: readonly ShownItem[];
}

/** A row with fewer items would look broken. */
const ROW_LENGTH_MIN = 3;
/** A row's expected utility is computed over this many positions. */
const EXAMINED_POSITIONS = 6;
/** `more-picks` gives the vaguest reason, so rows about as good come before it. */
const MORE_PICKS_FACTOR = 0.8;

/**
 * Orders the candidates of a row by the player's score, boosted by the row's own. Reasons are those of the row's
 * source. `scores`: by candidate.
 */
export function rankInRow(
  { candidates, scores: rowScores, reasons }: Retrieved,
  scores: Float64Array,
): Pick<ScoredRow, 'candidates' | 'explain'> {
  const boosted = new Float64Array(candidates.length);
  for (let position = 0; position < boosted.length; position++)
    boosted[position] = scores[candidates[position]!]! * (1 + rowScores[position]!);
  const ranked = orderByScore(boosted);
  for (let rank = 0; rank < ranked.length; rank++) ranked[rank] = candidates[ranked[rank]!]!;
  return {
    candidates: ranked,
    explain: (candidate) => reasons[candidates.indexOf(candidate)]!,
  };
}

/** The candidates that rows may still show. */
interface Left {
  candidates: Candidates;
  /** By candidate: expected utilities, and 1 if a row above shows it. */
  scores: Float64Array;
  shown: Uint8Array;
}

/** A row that is not on the page yet. */
interface WaitingRow {
  row: ScoredRow;
  /** Its first candidates and their expected utility; undefined if that must be computed again. */
  examined: { candidates: readonly number[]; utility: number } | undefined;
}

/**
 * Fills rows of at most `length` items, in the order of the page: kind by kind if `order` is not null. `above`: the
 * rows above them.
 */
export function fillRows(
  { rows, candidates, scores }: { rows: readonly ScoredRow[]; candidates: Candidates; scores: Float64Array },
  length: number,
  above: readonly FilledRow[],
  order: readonly RowKind[] | null,
): FilledRow[] {
  const { indexes } = candidates;
  const left: Left = { candidates, scores, shown: markShown(indexes, above) };
  const filled: FilledRow[] = [];
  let waiting: WaitingRow[] = rows.map((row) => ({ row, examined: undefined }));
  while (true) {
    const lengthMin = above.length + filled.length === 0 ? 1 : Math.min(ROW_LENGTH_MIN, length);
    waiting = waiting.filter(({ row }) => hasLeft(row, lengthMin, left));
    const next = findNextRow(order === null ? waiting : selectNextKind(waiting, order), left);
    if (next === undefined) return filled;
    const { row } = next;
    const { taken } = takeWithinCaps(candidates, row.candidates, length, left.shown);
    for (const candidate of taken) left.shown[candidate] = 1;
    filled.push({
      row,
      items: taken.map((candidate) => ({
        index: indexes[candidate]!,
        score: scores[candidate]!,
        reason: row.explain(candidate),
      })),
    });
    waiting = waiting.filter((one) => one !== next);
  }
}

function markShown(indexes: readonly number[], above: readonly FilledRow[]): Uint8Array {
  const shownAbove = new Set<number>();
  for (const { items } of above) for (const { index } of items) shownAbove.add(index);
  const shown = new Uint8Array(indexes.length);
  for (let candidate = 0; candidate < shown.length; candidate++)
    if (shownAbove.has(indexes[candidate]!)) shown[candidate] = 1;
  return shown;
}

function hasLeft({ candidates }: ScoredRow, lengthMin: number, { shown }: Left): boolean {
  let left = 0;
  for (const candidate of candidates) if (shown[candidate] === 0 && ++left === lengthMin) return true;
  return false;
}

const selectNextKind = (waiting: readonly WaitingRow[], order: readonly RowKind[]): readonly WaitingRow[] => {
  const next = order.find((kind) => waiting.some(({ row }) => row.kind === kind));
  return waiting.filter(({ row: { kind } }) => kind === next);
};

/** The row with the highest expected utility; `more-picks` only after every personal row. */
function findNextRow(waiting: readonly WaitingRow[], left: Left): WaitingRow | undefined {
  const personal = waiting.some(({ row: { kind } }) => ROWS[kind].isPersonal);
  let best: WaitingRow | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const one of waiting) {
    if (personal && one.row.kind === 'more-picks') continue;
    const utility = readUtility(one, left);
    if (utility > most) [best, most] = [one, utility];
  }
  return best;
}

/** The row's utility, computed again only if a row above now shows one of the candidates that it was computed from. */
function readUtility(waiting: WaitingRow, left: Left): number {
  const { row, examined } = waiting;
  // The row of a recent search leads whatever its score.
  if (row.kind === 'search') return Number.POSITIVE_INFINITY;
  if (examined?.candidates.every((candidate) => left.shown[candidate] === 0)) return examined.utility;
  const { taken, isWithinCaps } = takeWithinCaps(left.candidates, row.candidates, EXAMINED_POSITIONS, left.shown);
  const utility = computeRowUtility(row, taken, left.scores);
  // Beyond the caps, candidates that are shown make room for others.
  waiting.examined = isWithinCaps ? { candidates: taken, utility } : undefined;
  return utility;
}

/** By position. */
const DISCOUNTS = Float64Array.from({ length: EXAMINED_POSITIONS }, (_, position) => 1 / Math.log2(position + 2));
const DISCOUNT_SUM = DISCOUNTS.reduce((sum, discount) => sum + discount, 0);

/** The discounted mean of the first items' scores. `candidates`: at most EXAMINED_POSITIONS. */
function computeRowUtility({ kind }: ScoredRow, candidates: readonly number[], scores: Float64Array): number {
  let sum = 0;
  for (let position = 0; position < candidates.length; position++)
    sum += DISCOUNTS[position]! * scores[candidates[position]!]!;
  return (kind === 'more-picks' ? MORE_PICKS_FACTOR : 1) * (sum / DISCOUNT_SUM);
}
