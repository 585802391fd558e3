// Tells which rows of the gallery are in the viewport, and which will be once the next gallery is there. It changes
// nothing.

import { listRows } from '../browser/position.ts';
import { RESULTS_ID } from './results.tsx';

/** Before the first gallery. No row is lower. */
const ROW_HEIGHT_MIN_PX = 300;

const listGalleryRows = () => listRows().filter((row) => row.dataset.row !== RESULTS_ID);

/** The ids of the rows in the viewport. */
export const listRowsInView = (): Set<string> =>
  new Set(listGalleryRows().flatMap((row) => (isInViewport(row) ? [row.dataset.row!] : [])));

/**
 * `nextIds`: the ids of the next gallery's rows. A prediction: the heights of rows that were never drawn are estimates.
 * The row with the focus counts as in view, and stays where it is on the screen.
 */
export function predictRowsInView(nextIds: readonly string[]): (index: number) => boolean {
  const rows = listGalleryRows();
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
