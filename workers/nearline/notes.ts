// What a player's object keeps besides events: one row a kind, as JSON.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Notice } from '../../models/contracts/notice.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';

export interface Notes {
  preferences: Preferences;
  /** Who asked for the gallery last, and from where: the backup gallery is made for the same. */
  asked: { userId: string; context: RequestContext };
  backup: StoredGallery;
  /** The newest, oldest first. */
  notices: Notice[];
  /** The player that this guest has become: what still comes for the guest is that player's. */
  mergedInto: string;
}

export class NoteBook {
  readonly #sql: SqlStorage;
  readonly #known = new Map<keyof Notes, string | undefined>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read<K extends keyof Notes>(kind: K): Notes[K] | undefined {
    if (!this.#known.has(kind)) {
      const [row] = this.#sql.exec('select body from notes where kind = ?', kind).toArray();
      this.#known.set(kind, row?.body as string | undefined);
    }
    const body = this.#known.get(kind);
    return body === undefined ? undefined : JSON.parse(body);
  }

  /** Writes nothing where the same is written already. */
  write<K extends keyof Notes>(kind: K, note: Notes[K]): void {
    const body = JSON.stringify(note);
    if (this.#known.get(kind) === body) return;
    this.#sql.exec('insert or replace into notes (kind, body) values (?, ?)', kind, body);
    this.#known.set(kind, body);
  }

  /** Forgets all but that the guest has become somebody. */
  clear(): void {
    this.#sql.exec("delete from notes where kind <> 'mergedInto'");
    this.#known.clear();
  }
}
