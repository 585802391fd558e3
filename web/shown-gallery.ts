// The gallery as it is on the page. A new answer replaces the rows in view first; the others keep their
// old cards until these are on the screen. No I/O.

import type { Gallery, GalleryRow } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Timed } from './timed.ts';

export interface ShownCard {
  item: Item;
  /** Why the game is shown. */
  reason?: string;
}
export interface ShownRow {
  id: string;
  title: string;
  reason: string;
  /** Empty for a new row that is not in view. */
  cards: readonly ShownCard[];
}
export interface ShownGallery {
  answer: Timed<Gallery>;
  /** In the order of the answer. */
  rows: readonly ShownRow[];
  /** Indices of rows that do not show the answer yet. */
  outdated: readonly number[];
}

/** `isInView`: whether the row with this index must show the answer at once. */
export function showRowsInView(
  before: ShownGallery | null,
  answer: Timed<Gallery>,
  isInView: (index: number) => boolean,
): ShownGallery {
  const { rows } = answer.body;
  const indices = rows.map((_, index) => index);
  const known = new Map(before?.rows.map((row) => [row.id, row]));
  const waiting = rows.map((row) => known.get(row.id) ?? { ...describeRow(row), cards: [] });
  return renewRows(before, { answer, rows: waiting, outdated: indices }, indices.filter(isInView));
}

/** Shows the answer in the rows with these indices too. */
export const showMoreRows = (shown: ShownGallery, indices: readonly number[]): ShownGallery =>
  indices.length === 0 ? shown : renewRows(shown, shown, indices);

/** Reuses equal rows and items of `before`, so that unchanged cards need not render. */
function renewRows(before: ShownGallery | null, shown: ShownGallery, indices: readonly number[]): ShownGallery {
  const knownRows = new Map(before?.rows.map((row) => [row.id, row]));
  const knownItems = new Map(before?.rows.flatMap(({ cards }) => cards.map(({ item }) => [item.itemId, item])));
  const renewed = new Set(indices);
  const renewRow = (row: GalleryRow): ShownRow => {
    const cards = row.items.flatMap(({ item, reason }) => (item ? [{ item: reuse(knownItems, item), reason }] : []));
    const next = { ...describeRow(row), cards };
    const last = knownRows.get(row.id);
    return last && isEqual(last, next) ? last : next;
  };
  return {
    answer: shown.answer,
    rows: shown.rows.map((row, index) => (renewed.has(index) ? renewRow(shown.answer.body.rows[index]!) : row)),
    outdated: shown.outdated.filter((index) => !renewed.has(index)),
  };
}

const describeRow = ({ id, title, reason }: GalleryRow) => ({ id, title, reason });

function reuse(known: ReadonlyMap<string, Item>, item: Item): Item {
  const before = known.get(item.itemId);
  return before && JSON.stringify(before) === JSON.stringify(item) ? before : item;
}

/** Items are compared by identity: equal ones have been reused. */
const isEqual = (a: ShownRow, b: ShownRow): boolean =>
  a.title === b.title &&
  a.reason === b.reason &&
  a.cards.length === b.cards.length &&
  a.cards.every(({ item, reason }, index) => item === b.cards[index]!.item && reason === b.cards[index]!.reason);
