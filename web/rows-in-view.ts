// Tells which rows of the next gallery will be in the viewport. It changes nothing.

import { listRows } from './position.ts';
import { RESULTS_ID } from './results.tsx';

/** Before the first gallery. No row is lower. */
const ROW_HEIGHT_MIN_PX = 300;

/** `nextIds`: the ids of the next gallery's rows. The position on the page is kept at the row with the focus. */
export function predictRowsInView(nextIds: readonly string[]): (index: number) => boolean {
  const rows = listRows().filter((row) => row.dataset.row !== RESULTS_ID);
  if (rows.length === 0) return (index) => index < innerHeight / ROW_HEIGHT_MIN_PX;
  const inView = rows.flatMap((row, index) => (isInViewport(row) ? [index] : []));
  const focused = rows.findIndex((row) => row.contains(document.activeElement));
  const focusedNext = focused === -1 ? -1 : nextIds.indexOf(rows[focused]!.dataset.row!);
  const shift = focusedNext === -1 ? 0 : focusedNext - focused;
  const span = (inView.at(-1) ?? 0) - (inView[0] ?? 0);
  // A shorter gallery ends higher.
  const first = Math.min((inView[0] ?? 0) + shift, nextIds.length - 1 - span);
  return (index) => index === focusedNext || (index >= first && index <= first + span);
}

function isInViewport(row: HTMLElement): boolean {
  const { top, bottom } = row.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}
