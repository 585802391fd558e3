// The whole catalogue in an isolate's memory, refreshed from D1's log of changes. It ranks nothing.

import type { Item } from '../../models/contracts/item.ts';
import { ItemColumns } from '../../models/features/item-columns.ts';
import { type ItemChange, readItemChanges } from './items.ts';
import { ReleaseOrder } from './release-order.ts';

const PAGE = 2_000;

export class Catalogue {
  readonly columns = new ItemColumns();
  readonly releases = new ReleaseOrder(this.columns);
  /** The newest revision applied per item, deleted ones included: changes arrive on two paths and out of order. */
  readonly #revisions = new Map<string, number>();
  #cursor = { revision: 0, itemId: '' };
  #genres: { changes: number; labels: Int32Array } = { changes: 0, labels: new Int32Array(0) };

  /** Undefined for hidden and deleted items. */
  get(itemId: string): Item | undefined {
    return this.columns.read(this.columns.find(itemId));
  }

  /** Undefined for hidden and deleted items. */
  readGenres(itemId: string): string[] | undefined {
    const index = this.columns.find(itemId);
    return index < 0 ? undefined : this.columns.labels.readGenres(index);
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
    if (revision < (this.#revisions.get(itemId) ?? 0)) return;
    this.#revisions.set(itemId, revision);
    if (item === null || item.hidden) this.columns.remove(itemId);
    else this.columns.put(item);
  }

  /** Applies all changes since the last call. */
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
  const genres = new Int32Array(table.length).fill(-1);
  for (let index = 0; index < isVisible.length; index++)
    if (isVisible[index] === 1)
      for (let cell = starts[index]!; cell < genreEnds[index]!; cell++)
        genres[table.folds[cells[cell]!]!] = cells[cell]!;
  return { changes, labels: genres };
}
