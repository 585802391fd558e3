// The whole catalogue in an isolate's memory, kept up to date by asking D1 for what changed. Ranking reads it; it ranks
// nothing itself.

import type { Item } from '../../models/contracts/item.ts';
import { type ItemChange, readItemChanges } from './items.ts';

const PAGE = 2_000;

export class Catalogue {
  readonly #items = new Map<string, Item>();
  #cursor = { revision: 0, itemId: '' };
  #newest: Item[] | undefined;

  /** An item that may be shown: not hidden, not deleted. */
  get(itemId: string): Item | undefined {
    return this.#items.get(itemId);
  }

  get size(): number {
    return this.#items.size;
  }

  values(): IterableIterator<Item> {
    return this.#items.values();
  }

  /** Items released until `today` (ISO date), newest first; those without a date are left out. */
  newest(today: string): readonly Item[] {
    this.#newest ??= [...this.#items.values()]
      .filter((item) => item.releaseDate !== null)
      .sort((a, b) => (a.releaseDate! > b.releaseDate! ? -1 : a.releaseDate! < b.releaseDate! ? 1 : 0));
    return this.#newest.filter((item) => item.releaseDate! <= today);
  }

  /** Takes over one item as it now is; null where it is gone. */
  apply(itemId: string, item: Item | null): void {
    if (item === null || item.hidden) this.#items.delete(itemId);
    else this.#items.set(itemId, item);
    this.#newest = undefined;
  }

  /** Reads every change since the last call. */
  async refresh(db: D1Database): Promise<void> {
    let changes: ItemChange[];
    do {
      changes = await readItemChanges(db, this.#cursor, PAGE);
      for (const change of changes) {
        this.apply(change.itemId, change.item);
        this.#cursor = change;
      }
    } while (changes.length === PAGE);
  }
}
