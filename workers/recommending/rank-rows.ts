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
  const boosted = candidates.map((candidate, position) => scores[candidate]! * (1 + rowScores[position]!));
  return {
    candidates: orderByScore(boosted).map((position) => candidates[position]!),
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
  const shownAbove = new Set(above.flatMap(({ items }) => items.map(({ index }) => index)));
  const { indexes } = candidates;
  const shown = Uint8Array.from(indexes, (index) => Number(shownAbove.has(index)));
  const left: Left = { candidates, scores, shown };
  const filled: FilledRow[] = [];
  let waiting = rows;
  while (true) {
    const lengthMin = above.length + filled.length === 0 ? 1 : Math.min(ROW_LENGTH_MIN, length);
    waiting = waiting.filter((row) => hasLeft(row, lengthMin, left));
    const row = findNextRow(order === null ? waiting : selectNextKind(waiting, order), left);
    if (row === undefined) return filled;
    const taken = takeLeft(row, length, left);
    for (const candidate of taken) shown[candidate] = 1;
    filled.push({
      row,
      items: taken.map((candidate) => ({
        index: indexes[candidate]!,
        score: scores[candidate]!,
        reason: row.explain(candidate),
      })),
    });
    waiting = waiting.filter((one) => one !== row);
  }
}

function hasLeft({ candidates }: ScoredRow, lengthMin: number, { shown }: Left): boolean {
  let left = 0;
  for (const candidate of candidates) if (shown[candidate] === 0 && ++left === lengthMin) return true;
  return false;
}

const takeLeft = (row: ScoredRow, length: number, { candidates, shown }: Left): number[] =>
  takeWithinCaps(candidates, row.candidates, length, (candidate) => shown[candidate] === 1);

const selectNextKind = (waiting: readonly ScoredRow[], order: readonly RowKind[]): readonly ScoredRow[] => {
  const next = order.find((kind) => waiting.some((row) => row.kind === kind));
  return waiting.filter(({ kind }) => kind === next);
};

/** The row with the highest expected utility; `more-picks` only after every personal row. */
function findNextRow(waiting: readonly ScoredRow[], left: Left): ScoredRow | undefined {
  const personal = waiting.some(({ kind }) => ROWS[kind].isPersonal);
  let best: ScoredRow | undefined;
  let most = Number.NEGATIVE_INFINITY;
  for (const row of waiting) {
    if (personal && row.kind === 'more-picks') continue;
    const utility = computeRowUtility(row, left);
    if (utility > most) [best, most] = [row, utility];
  }
  return best;
}

/** The discounted mean of the first items' scores. The row of a recent search leads whatever its score. */
function computeRowUtility(row: ScoredRow, left: Left): number {
  if (row.kind === 'search') return Number.POSITIVE_INFINITY;
  const candidates = takeLeft(row, EXAMINED_POSITIONS, left);
  let sum = 0;
  let discounts = 0;
  for (let position = 0; position < EXAMINED_POSITIONS; position++) {
    const discount = 1 / Math.log2(position + 2);
    const candidate = candidates[position];
    sum += discount * (candidate === undefined ? 0 : left.scores[candidate]!);
    discounts += discount;
  }
  return (row.kind === 'more-picks' ? MORE_PICKS_FACTOR : 1) * (sum / discounts);
}
