// What a player's object keeps besides events: one row a kind, as JSON.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Notice } from '../../models/contracts/notice.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';

export interface Documents {
  preferences: Preferences;
  /** Who asked for the gallery last, and from where: the backup gallery is made for the same. */
  lastRequest: { userId: string; context: RequestContext };
  backup: StoredGallery;
  /** The newest, oldest first. */
  notices: Notice[];
  /** The player that this guest has become: what still comes for the guest is that player's. */
  mergedInto: string;
}

export class DocumentStore {
  readonly #sql: SqlStorage;
  readonly #cached = new Map<keyof Documents, string | undefined>();

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  read<K extends keyof Documents>(kind: K): Documents[K] | undefined {
    if (!this.#cached.has(kind)) {
      const [row] = this.#sql.exec('select body from documents where kind = ?', kind).toArray();
      this.#cached.set(kind, row?.body as string | undefined);
    }
    const body = this.#cached.get(kind);
    return body === undefined ? undefined : JSON.parse(body);
  }

  /** Writes nothing where the same is written already. */
  write<K extends keyof Documents>(kind: K, note: Documents[K]): void {
    const body = JSON.stringify(note);
    if (this.#cached.get(kind) === body) return;
    this.#sql.exec('insert or replace into documents (kind, body) values (?, ?)', kind, body);
    this.#cached.set(kind, body);
  }

  /** Forgets all but that the guest has become somebody. */
  clear(): void {
    this.#sql.exec("delete from documents where kind <> 'mergedInto'");
    this.#cached.clear();
  }
}
