// Brings a player's object up to date with the log: at its first request, and again after some hours, so that imports
// reach it. Folding ignores repetition and order, so live events that arrive meanwhile are safe.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import { mergedEventPrefix, toSignalEvent } from '../../models/features/signals.ts';
import { logWarning } from '../logging/log.ts';
import { withDeadline } from '../storage/deadline.ts';
import type { LogShards } from '../storage/log-shards.ts';
import { readPlayerSignals } from '../storage/player-log.ts';
import { readPreferences } from '../storage/users.ts';
import type { DocumentStore } from './documents.ts';
import type { SignalStore } from './signal-store.ts';
import type { Tables } from './tables.ts';

/** The first answer for a player waits this long for the log; if the log is slower, the next answer has it. */
const WAIT_MS = 60;
/** A reading that takes longer has failed: if it hangs, the next request reads again. */
export const READ_MAX_MS = 30_000;
/** A log read longer ago than this is read again, after the answer. */
const AGE_MS = 6 * 3_600_000;

export interface PlayerLog {
  /** Has the preferences and the merges. */
  db: D1Database;
  shards: LogShards;
}

export class Hydration {
  readonly #tables: Tables;
  readonly #store: SignalStore;
  readonly #documents: DocumentStore;
  readonly #openLog: () => PlayerLog;
  #hydratedAt: number | undefined;
  #running: Promise<void> | undefined;

  constructor(tables: Tables, store: SignalStore, documents: DocumentStore, openLog: () => PlayerLog) {
    this.#tables = tables;
    this.#store = store;
    this.#documents = documents;
    this.#openLog = openLog;
    const [row] = tables.query('select hydrated_at from hydration');
    this.#hydratedAt = row?.hydrated_at as number | undefined;
  }

  /** True once the log has been read. */
  get isComplete(): boolean {
    return this.#hydratedAt !== undefined;
  }

  /** Waits briefly for the first reading of the log; later readings continue after the answer. Never rejects. */
  async refresh(userId: string, now: number, waitUntil: (work: Promise<unknown>) => void): Promise<void> {
    if (this.#hydratedAt === undefined) await withDeadline(this.#readOnce(userId), WAIT_MS).catch(() => {});
    else if (now - this.#hydratedAt > AGE_MS) waitUntil(this.#readOnce(userId));
  }

  /** Reads the log; throws if that fails. */
  async readLog(userId: string): Promise<void> {
    const { erasedAt } = this.#store;
    const { db, shards } = this.#openLog();
    const [events, preferences] = await Promise.all([
      readPlayerSignals(db, shards, userId),
      this.#documents.read('preferences') ?? readPreferences(db, userId),
    ]);
    // Erased while reading: the preferences may be from before.
    if (this.#store.erasedAt !== erasedAt) return;
    this.#hydratedAt = Date.now();
    // Merged while reading: the events belong to the player now.
    if (this.#documents.read('mergedInto') !== undefined) return;
    const later = this.#leaveOutErased(events);
    this.#store.fold(later.map(toSignalEvent));
    if (preferences !== undefined && this.#documents.read('preferences') === undefined)
      this.#documents.write('preferences', preferences, 0);
    // Players without a log store nothing: gallery requests for random ids must not fill the disk.
    if (later.length > 0)
      this.#tables.insert('insert or replace into hydration (id, hydrated_at) values (1, ?)', this.#hydratedAt);
  }

  /** Forgets the events of a guest that was parted, and the marks that only they left. Throws if the log fails. */
  async removeGuest(userId: string, guestId: string): Promise<void> {
    const { db, shards } = this.#openLog();
    const logged = await readPlayerSignals(db, shards, userId);
    this.#store.remove(mergedEventPrefix(guestId), this.#leaveOutErased(logged).map(toSignalEvent));
  }

  /** The next request reads the log again. */
  forget(): void {
    this.#hydratedAt = undefined;
    this.#tables.query('delete from hydration');
  }

  /** By reception time: a client whose clock is ahead must not move an event past an erasure. */
  #leaveOutErased(events: readonly PlayerEvent[]): PlayerEvent[] {
    return events.filter(({ receivedAt }) => receivedAt > this.#store.erasedAt);
  }

  #readOnce(userId: string): Promise<void> {
    this.#running ??= withDeadline(this.readLog(userId), READ_MAX_MS)
      .catch((error: Error) => {
        logWarning('signals not read from the log', { error: error.message });
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }
}
