// The whole catalogue in an isolate's memory, refreshed from D1's log of changes. It ranks nothing.

import type { Item } from '../../models/contracts/item.ts';
import { type ItemChange, readItemChanges } from './items.ts';

const PAGE = 2_000;

export class Catalogue {
  readonly #items = new Map<string, Item>();
  /** The newest revision applied per item, deleted ones included: changes arrive on two paths and out of order. */
  readonly #revisions = new Map<string, number>();
  #cursor = { revision: 0, itemId: '' };
  #genres: ReadonlyMap<string, string> | undefined;
  #newest: { today: string; items: readonly Item[] } | undefined;

  /** The number of changes applied. */
  changes = 0;

  /** Undefined for hidden and deleted items. */
  get(itemId: string): Item | undefined {
    return this.#items.get(itemId);
  }

  get size(): number {
    return this.#items.size;
  }

  values(): IterableIterator<Item> {
    return this.#items.values();
  }

  /** The genre spelt as in the catalogue, ignoring case; unchanged if the catalogue does not have it. */
  spellGenre(genre: string): string {
    this.#genres ??= new Map(
      [...this.#items.values()].flatMap(({ genres }) => genres.map((one) => [one.toLowerCase(), one] as const)),
    );
    return this.#genres.get(genre.toLowerCase()) ?? genre;
  }

  /** Items with a release date up to `today` (ISO date), newest first. */
  newest(today: string): readonly Item[] {
    if (this.#newest?.today !== today) {
      const released = [...this.#items.values()].filter(
        ({ releaseDate }) => releaseDate !== null && releaseDate <= today,
      );
      released.sort((a, b) => (a.releaseDate! > b.releaseDate! ? -1 : a.releaseDate! < b.releaseDate! ? 1 : 0));
      this.#newest = { today, items: released };
    }
    return this.#newest.items;
  }

  /** Applies a change, unless a newer one of the same item has been applied. */
  apply({ itemId, revision, item }: ItemChange): void {
    if (revision < (this.#revisions.get(itemId) ?? 0)) return;
    this.#revisions.set(itemId, revision);
    if (item === null || item.hidden) this.#items.delete(itemId);
    else this.#items.set(itemId, item);
    this.#newest = undefined;
    this.#genres = undefined;
    this.changes++;
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
