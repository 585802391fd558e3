// The merge of a guest into a player, in the objects of both. While the merge is open, the guest's object copies its
// later events to the player's; once it is finished, it forwards them. The player's object imports them, and forgets
// them if the two are parted. D1 decides the player (workers/storage/merges.ts).

import type { PlayerEvent, RecordedEvents } from '../../models/contracts/event.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { SignalEvent } from '../../models/contracts/signals.ts';
import { mergedEventId, toSignalEvent } from '../../models/features/signals.ts';
import { MOVED, readMerges } from '../storage/merges.ts';
import type { DocumentStore } from './documents.ts';
import type { Hydration, PlayerLog } from './hydration.ts';
import type { Outbox } from './outbox.ts';
import type { SignalStore } from './signal-store.ts';

/** Time after a merge during which the guest's token may still send earlier events, which were under way. */
export const LATE_EVENTS_MS = 3_600_000;
const FORWARDED_ROWS_PER_CALL = 20;

/** The state that a merged guest passes to its player. */
export interface UserExport {
  events: SignalEvent[];
  preferences: Preferences | undefined;
  /** Time they were set, epoch milliseconds; 0 if unknown. */
  preferencesAt: number;
}

/** The object of the player, as its guest calls it. */
interface PlayerObject {
  record(events: PlayerEvent[], chosen?: number): Promise<RecordedEvents>;
  importUser(userId: string, guestId: string, exported: UserExport): Promise<void>;
  takeCopies(userId: string, guestId: string, events: SignalEvent[]): Promise<void>;
}

/** The parts of its object that a merge reads and changes. */
interface MergingParts {
  store: SignalStore;
  documents: DocumentStore;
  outbox: Outbox;
  hydration: Hydration;
  openLog: () => PlayerLog;
  openPlayer: (userId: string) => PlayerObject;
  /** Folds and stores events; schedules a backup gallery for new ones. */
  fold: (events: readonly SignalEvent[]) => void;
  scheduleBackup: (causes: readonly string[]) => void;
}

export class Merging {
  readonly #parts: MergingParts;
  readonly #documents: DocumentStore;

  constructor(parts: MergingParts) {
    this.#parts = parts;
    this.#documents = parts.documents;
  }

  /** True for a guest that was merged into a player. */
  get isMerged(): boolean {
    return this.#findPlayer() !== undefined;
  }

  /** True for a guest whose state the player has. */
  get isHidden(): boolean {
    return this.#isFinished || this.#documents.read('isCopied') === true;
  }

  /** True for a guest whose merge is finished. */
  get #isFinished(): boolean {
    return this.#documents.read('mergedInto') !== undefined;
  }

  /** The player that this guest has become. */
  #findPlayer(): string | undefined {
    return this.#documents.read('mergedInto') ?? this.#documents.read('copiedTo');
  }

  /** Records the events of a guest whose merge is finished as the player's; undefined without a finished merge. */
  forward(events: readonly PlayerEvent[], chosen?: number): Promise<RecordedEvents> | undefined {
    const player = this.#documents.read('mergedInto');
    return player === undefined ? undefined : this.#forwardTo(player, events, chosen);
  }

  /** Copies the events of a guest whose merge is open to the player; undefined without an open merge. */
  copy(events: readonly PlayerEvent[]): Promise<void> | undefined {
    const player = this.#documents.read('copiedTo');
    if (player === undefined) return undefined;
    return this.#copyTo(player, events[0]?.userId ?? '', events.map(toSignalEvent));
  }

  /**
   * Splits the events that a merged guest's own token sends. A guest's token stays valid after a merge, but records
   * only events that were under way: those from before the merge, for an hour.
   */
  splitLate(events: readonly PlayerEvent[]): { late: PlayerEvent[]; refusedIds: string[] } {
    const mergedAt = this.#documents.readWrittenAt(this.#isFinished ? 'mergedInto' : 'copiedTo');
    const takesLate = Date.now() <= mergedAt + LATE_EVENTS_MS;
    const isLate = ({ timestamp }: PlayerEvent) => takesLate && timestamp <= mergedAt;
    return {
      late: events.filter(isLate),
      refusedIds: events.filter((event) => !isLate(event)).map(({ id }) => id),
    };
  }

  /**
   * Marks this guest as merged, so that later events are copied to the player, and returns its state, which stays
   * here until the merge is finished. D1 decides the target.
   */
  exportUser(userId: string): UserExport {
    // A repeated merge does not change the time of the merge, which `splitLate` compares with.
    if (!this.#isFinished && this.#documents.read('copiedTo') !== userId) this.#documents.write('copiedTo', userId);
    const { actions, impressions } = this.#parts.store.signals;
    return {
      events: [...actions, ...impressions],
      preferences: this.#documents.read('preferences'),
      preferencesAt: this.#documents.readWrittenAt('preferences'),
    };
  }

  /**
   * Imports a guest's state; idempotent. A player that was itself merged passes it on. Throws if the log cannot be
   * read: events that the guest's object had dropped, and this player's preferences, may be only there.
   */
  async importUser(userId: string, guestId: string, exported: UserExport): Promise<void> {
    const events = exported.events.map((event) => ({ ...event, id: mergedEventId(guestId, event.id) }));
    if (!this.#isFinished) {
      const guests = this.#documents.read('guests') ?? [];
      if (!guests.includes(guestId)) this.#documents.write('guests', [...guests, guestId]);
      // A read already in progress is not enough: it may predate the merge.
      await this.#parts.hydration.readLog(userId);
      this.#parts.fold(events);
      this.#takePreferences(guestId, exported);
    }
    const player = this.#findPlayer();
    if (player !== undefined) await this.#parts.openPlayer(player).importUser(player, userId, { ...exported, events });
  }

  /** Folds later events of an open guest; ignores those of a guest that was parted meanwhile. */
  async takeCopies(userId: string, guestId: string, events: readonly SignalEvent[]): Promise<void> {
    if (!this.#isFinished && !this.#documents.read('guests')?.includes(guestId)) return;
    const own = events.map((event) => ({ ...event, id: mergedEventId(guestId, event.id) }));
    if (!this.#isFinished) this.#parts.fold(own);
    const player = this.#findPlayer();
    if (player !== undefined) await this.#copyTo(player, userId, own);
  }

  /** Stops showing this guest's state: the player has it. */
  hide(): void {
    if (!this.#isFinished) this.#documents.write('isCopied', true);
  }

  /** Makes a guest with an open merge independent again: it has kept its state. */
  part(): void {
    this.#documents.delete('copiedTo');
    this.#documents.delete('isCopied');
    this.#parts.hydration.forget();
  }

  /** Forgets everything that a guest with an open merge left here. Idempotent; throws if the log fails. */
  async removeGuest(userId: string, guestId: string): Promise<void> {
    const guests = this.#documents.read('guests') ?? [];
    this.#documents.write(
      'guests',
      guests.filter((id) => id !== guestId),
    );
    await this.#parts.hydration.removeGuest(userId, guestId);
    this.#documents.delete('backup');
    if (this.#documents.read('preferencesFrom') === guestId) {
      this.#documents.delete('preferences');
      this.#documents.delete('preferencesFrom');
    }
    this.#parts.scheduleBackup([crypto.randomUUID()]);
  }

  /**
   * Ends an open merge for the guest: later events are recorded as the player's. False while the log misses events of
   * the guest. Idempotent.
   */
  finishMerge(userId: string): boolean {
    if (!this.#parts.outbox.isEmpty) return false;
    this.#documents.write('mergedInto', userId, this.#documents.readWrittenAt('copiedTo'));
    this.#documents.delete('copiedTo');
    this.#documents.delete('isCopied');
    return true;
  }

  /** Deletes a finished guest's state: the player has it. */
  empty(): void {
    this.#parts.store.clear();
    this.#parts.outbox.clear();
    this.#documents.clear();
    this.#parts.hydration.forget();
  }

  /** Passes a finished guest's outbox to the player, whose id the log has for these events. Throws if a store fails. */
  async forwardOutbox(): Promise<void> {
    const player = this.#documents.read('mergedInto') ?? (await this.#completeMerge());
    if (player === undefined) return;
    for (;;) {
      const page = this.#parts.outbox.readPage(0, FORWARDED_ROWS_PER_CALL);
      if (page.length === 0) return;
      for (const [shard, rows] of Map.groupBy(page, (row) => row.shard)) {
        await this.#forwardTo(
          player,
          rows.flatMap(({ events }) => events),
          shard,
        );
        this.#parts.outbox.delete(rows);
      }
    }
  }

  /**
   * Marks the guest as merged if D1 decided a merge that did not reach this object; returns the player. Queries D1 only
   * if an event that was queued again is still missing: the log may have it under the player.
   */
  async #completeMerge(): Promise<string | undefined> {
    const [oldest] = this.#parts.outbox.readPage(0, 1);
    if (oldest === undefined || oldest.resends === 0) return undefined;
    const { userId } = oldest.events[0]!;
    const player = (await readMerges(this.#parts.openLog().db, [userId], MOVED)).get(userId);
    if (player !== undefined) this.#documents.write('mergedInto', player);
    return player;
  }

  #takePreferences(guestId: string, { preferences, preferencesAt }: UserExport): void {
    if (preferences === undefined || this.#documents.read('preferences') !== undefined) return;
    // The player was erased after the preferences were set, perhaps since the export.
    if (preferencesAt <= this.#parts.store.erasedAt) return;
    this.#documents.write('preferences', preferences, preferencesAt);
    this.#documents.write('preferencesFrom', guestId);
    this.#parts.scheduleBackup([crypto.randomUUID()]);
  }

  async #copyTo(player: string, guestId: string, events: SignalEvent[]): Promise<void> {
    await this.#parts.openPlayer(player).takeCopies(player, guestId, events);
  }

  /** Records a guest's events as the player's. Returns the guest's ids of the new events. */
  async #forwardTo(userId: string, events: readonly PlayerEvent[], chosen?: number): Promise<RecordedEvents> {
    const own = new Map(events.map((event) => [mergedEventId(event.userId, event.id), event]));
    const forwarded = Array.from(own, ([id, event]) => ({ ...event, id, userId }));
    const { ids, shard } = await this.#parts.openPlayer(userId).record(forwarded, chosen);
    return { ids: ids.map((id) => own.get(id)!.id), shard };
  }
}
