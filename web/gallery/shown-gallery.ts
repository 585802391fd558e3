// The gallery as the page shows it. A new answer replaces the rows in view first; the others keep their old cards and
// order until those are on the screen, since the browser lays out a row again when it moves in the document. No I/O.

import type { Gallery, GalleryRow } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { Timed } from '../player/timed.ts';

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
  /** Each row of the answer; a row that is not outdated stands at its index in the answer. */
  rows: readonly ShownRow[];
  /** Indices that do not show the answer yet. The rows at these indices keep the order of the previous answer. */
  outdated: readonly number[];
}

/** `isInView`: whether the row with this index must show the answer at once. */
export function showRowsInView(
  before: ShownGallery | null,
  answer: Timed<Gallery>,
  isInView: (index: number) => boolean,
): ShownGallery {
  const indices = answer.body.rows.map((_, index) => index);
  return renewRows(before, { answer, rows: before?.rows ?? [], outdated: indices }, indices.filter(isInView));
}

/** Shows the answer in the rows with these indices too. */
export const showMoreRows = (shown: ShownGallery, indices: readonly number[]): ShownGallery =>
  indices.length === 0 ? shown : renewRows(shown, shown, indices);

/** Reuses equal rows and items of `before`, so that unchanged cards need not render. */
function renewRows(before: ShownGallery | null, shown: ShownGallery, indices: readonly number[]): ShownGallery {
  const knownRows = new Map(before?.rows.map((row) => [row.id, row]));
  const knownItems = new Map(before?.rows.flatMap(({ cards }) => cards.map(({ item }) => [item.itemId, item])));
  const renewRow = (row: GalleryRow): ShownRow => {
    const cards = row.items.flatMap(({ item, reason }) => (item ? [{ item: reuse(knownItems, item), reason }] : []));
    const next = { ...describeRow(row), cards };
    const last = knownRows.get(row.id);
    return last && isEqual(last, next) ? last : next;
  };
  const { answer } = shown;
  const renewed = new Set(indices);
  const outdated = shown.outdated.filter((index) => !renewed.has(index));
  const waiting = listWaiting(
    shown.rows,
    outdated.map((index) => answer.body.rows[index]!),
  );
  const isOutdated = new Set(outdated);
  const rows = answer.body.rows.map((row, index) => {
    if (isOutdated.has(index)) return waiting.shift()!;
    return renewed.has(index) ? renewRow(row) : knownRows.get(row.id)!;
  });
  return { answer, rows, outdated };
}

/** Lists the rows to show later: first those on the page, in their order there, then the new ones, without cards. */
function listWaiting(shown: readonly ShownRow[], later: readonly GalleryRow[]): ShownRow[] {
  const ids = new Set(later.map(({ id }) => id));
  const onPage = shown.filter(({ id }) => ids.has(id));
  for (const { id } of onPage) ids.delete(id);
  return [...onPage, ...later.filter(({ id }) => ids.has(id)).map((row) => ({ ...describeRow(row), cards: [] }))];
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
