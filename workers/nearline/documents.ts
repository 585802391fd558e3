// The state of a player's object besides events: one JSON document of each kind.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Notice } from '../../models/contracts/notice.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import type { Tables } from './tables.ts';

/** `backup`: make the backup gallery. `log`: compare the outbox with the log. */
export type Duty = 'backup' | 'log';

export interface PlannedDuty {
  /** Epoch milliseconds; while it runs: when a run that died is taken for failed. */
  dueAt: number;
  /** Consecutive failed runs. */
  failures: number;
  isRunning: boolean;
}

export interface Documents {
  preferences: Preferences;
  /** User and context of the last gallery request: the backup gallery is made for the same. */
  lastRequest: { userId: string; context: RequestContext };
  backup: StoredGallery;
  /** The newest ones, oldest first. */
  notices: Notice[];
  /** The player that this guest was merged into: later events of the guest are forwarded there. */
  mergedInto: string;
  /** The player that this guest is merged into, while the merge is open: later events of the guest are copied there. */
  copiedTo: string;
  /** Set once the player has the state of this guest, whose merge is open: the guest then shows none. */
  isCopied: true;
  /** The guests with an open merge whose events are copied to this player. */
  guests: string[];
  /** The guest from whom this player took over the preferences. */
  preferencesFrom: string;
  /** The alarm’s duties, and their times. */
  schedule: Partial<Record<Duty, PlannedDuty>>;
  /** The user whose unlogged events were reported to D1. */
  reportedAs: string;
}

export class DocumentStore {
  readonly #tables: Tables;
  readonly #cached = new Map<keyof Documents, string | undefined>();
  readonly #noted = new Set<keyof Documents>();

  constructor(tables: Tables) {
    this.#tables = tables;
    tables.onCreation(() => this.#storeNoted());
  }

  read<K extends keyof Documents>(kind: K): Documents[K] | undefined {
    const body = this.#readBody(kind);
    return body === undefined ? undefined : JSON.parse(body);
  }

  /** An object that was evicted has to look: writing the same document again costs more than reading it. */
  #readBody(kind: keyof Documents): string | undefined {
    if (!this.#cached.has(kind)) {
      const [row] = this.#tables.query('select body from documents where kind = ?', kind);
      this.#cached.set(kind, row?.body as string | undefined);
    }
    return this.#cached.get(kind);
  }

  /** Epoch milliseconds; 0 if unknown or without a document. */
  readWrittenAt(kind: keyof Documents): number {
    const [row] = this.#tables.query('select written_at from documents where kind = ?', kind);
    return (row?.written_at as number | undefined) ?? 0;
  }

  /** Skips the write if the stored document is the same. `writtenAt`: 0 if the source does not know the time. */
  write<K extends keyof Documents>(kind: K, document: Documents[K], writtenAt: number = Date.now()): void {
    const body = JSON.stringify(document);
    if (this.#readBody(kind) === body) return;
    this.#insert(kind, body, writtenAt);
    this.#cached.set(kind, body);
  }

  /** As `write`, but an object without tables keeps the document in memory until it stores something else. */
  note<K extends keyof Documents>(kind: K, document: Documents[K]): void {
    if (this.#tables.exist) this.write(kind, document);
    else {
      this.#cached.set(kind, JSON.stringify(document));
      this.#noted.add(kind);
    }
  }

  delete(kind: keyof Documents): void {
    if (this.read(kind) === undefined) return;
    this.#tables.query('delete from documents where kind = ?', kind);
    this.#cached.set(kind, undefined);
  }

  /** Deletes the player's state; keeps what the object still has to do. */
  clear(): void {
    this.#tables.query("delete from documents where kind not in ('mergedInto', 'schedule', 'reportedAs')");
    this.#cached.clear();
    this.#noted.clear();
  }

  #storeNoted(): void {
    for (const kind of this.#noted) {
      const body = this.#cached.get(kind);
      if (body !== undefined) this.#insert(kind, body, Date.now());
    }
    this.#noted.clear();
  }

  #insert(kind: keyof Documents, body: string, writtenAt: number): void {
    this.#tables.insert(
      // Replacing the row would write its index, too.
      `insert into documents (kind, body, written_at) values (?, ?, ?)
       on conflict do update set body = excluded.body, written_at = excluded.written_at`,
      kind,
      body,
      writtenAt,
    );
  }
}
