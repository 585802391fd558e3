// The whole catalogue in an isolate's memory, kept up to date by asking D1 for what changed. Ranking reads it; it ranks
// nothing itself.

import type { Item } from '../../models/contracts/item.ts';
import { type ItemChange, readItemChanges } from './items.ts';

const PAGE = 2_000;

export class Catalogue {
  readonly #items = new Map<string, Item>();
  /** Revisions of changes made through this isolate: a refresh under way may still bring what was before them. */
  readonly #ownRevisions = new Map<string, number>();
  #cursor = { revision: 0, itemId: '' };
  #newest: { today: string; items: readonly Item[] } | undefined;

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
    if (this.#newest?.today !== today) {
      const released = [...this.#items.values()].filter(
        ({ releaseDate }) => releaseDate !== null && releaseDate <= today,
      );
      released.sort((a, b) => (a.releaseDate! > b.releaseDate! ? -1 : a.releaseDate! < b.releaseDate! ? 1 : 0));
      this.#newest = { today, items: released };
    }
    return this.#newest.items;
  }

  /** Takes over a change made through this isolate, ahead of the next refresh. */
  apply(change: ItemChange): void {
    this.#ownRevisions.set(change.itemId, change.revision);
    this.#set(change);
  }

  #set({ itemId, item }: ItemChange): void {
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
        this.#cursor = change;
        if (change.revision < (this.#ownRevisions.get(change.itemId) ?? 0)) continue;
        this.#ownRevisions.delete(change.itemId);
        this.#set(change);
      }
    } while (changes.length === PAGE);
  }
}
