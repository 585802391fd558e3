// The whole catalogue in an isolate's memory: the columns of a file, and the changes since. It ranks nothing.

import type { Item } from '../../models/contracts/item.ts';
import { ItemColumns } from '../../models/features/item-columns.ts';
import { type ItemChange, pastRevision, readItemChanges } from './items.ts';
import { ReleaseOrder } from './release-order.ts';

const PAGE = 2_000;

export class Catalogue {
  readonly columns: ItemColumns;
  readonly releases: ReleaseOrder;
  /** All changes up to this revision are in the columns. */
  readonly #base: number;
  /**
   * The newest revision of each item that has changed since, deleted ones included: changes arrive on two paths and out
   * of order.
   */
  readonly #revisions = new Map<string, number>();
  #cursor: { revision: number; itemId: string };
  #genres: { changes: number; labels: Int32Array } = { changes: 0, labels: new Int32Array(0) };

  /** Takes over the columns, which have all changes up to `revision`; starts empty by default. */
  constructor(columns = new ItemColumns(), revision = 0) {
    this.columns = columns;
    this.releases = new ReleaseOrder(columns);
    this.#base = revision;
    this.#cursor = pastRevision(revision);
  }

  /** Undefined for hidden and deleted items. */
  get(itemId: string): Item | undefined {
    return this.columns.read(this.columns.find(itemId));
  }

  /** The number of visible items. */
  get size(): number {
    return this.columns.size;
  }

  /** The genre spelt as in the catalogue, ignoring case; unchanged if the catalogue does not have it. */
  spellGenre(genre: string): string {
    const { table } = this.columns.labels;
    if (this.#genres.changes !== this.columns.changes) this.#genres = readGenres(this.columns);
    return table.strings[this.#genres.labels[table.findFold(genre)] ?? -1] ?? genre;
  }

  /** Applies a change, unless a newer one of the same item has been applied. */
  apply({ itemId, revision, item }: ItemChange): void {
    if (revision < (this.#revisions.get(itemId) ?? this.#base)) return;
    this.#revisions.set(itemId, revision);
    if (item === null || item.hidden) this.columns.remove(itemId);
    else this.columns.put(item);
  }

  /** Applies the changes of another catalogue that are newer than those applied here. */
  applyThoseOf(other: Catalogue): void {
    for (const [itemId, revision] of other.#revisions)
      this.apply({ itemId, revision, item: other.get(itemId) ?? null });
  }

  /** Applies all changes in D1 since the last call, or since the columns that were taken over. */
  async refresh(db: D1Database): Promise<void> {
    let changes: ItemChange[];
    do {
      changes = await readItemChanges(db, this.#cursor, PAGE);
      for (const change of changes) {
        this.apply(change);
        this.#cursor = change;
      }
    } while (changes.length === PAGE);
  }
}

/** By the folds of the labels, a genre of a visible item; −1 if there is none. */
function readGenres({ labels, isVisible, changes }: ItemColumns): { changes: number; labels: Int32Array } {
  const { table, cells, starts, genreEnds } = labels;
  const { folds } = table;
  const genres = new Int32Array(table.length).fill(-1);
  for (let index = 0; index < isVisible.length; index++)
    if (isVisible[index] === 1)
      for (let cell = starts[index]!; cell < genreEnds[index]!; cell++) genres[folds[cells[cell]!]!] = cells[cell]!;
  return { changes, labels: genres };
}
