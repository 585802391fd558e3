// The nearline state of one player: a Durable Object that folds events into signals, keeps what the player said, and makes
// a backup gallery a moment after the last event. How to fold is models/features, how to store signal-store.ts.

import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import { EMPTY_CONTEXT, type RequestContext } from '../../models/contracts/context.ts';
import { describeChange } from '../../models/contracts/notice.ts';
import { EMPTY_PREFERENCES, type Preferences } from '../../models/contracts/preferences.ts';
import type { SignalEvent, Signals, UserState } from '../../models/contracts/signals.ts';
import { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import type { Notification } from '../../models/contracts/subscription.ts';
import { deriveUserState, mergedEventId, toSignalEvent } from '../../models/features/signals.ts';
import { isolate } from '../serving/isolate.ts';
import { makeGallery } from '../serving/make-gallery.ts';
import { withDeadline } from '../storage/deadline.ts';
import { readSignalEvents } from '../storage/events.ts';
import { notify } from '../storage/subscriptions.ts';
import { readPreferences } from '../storage/users.ts';
import { Causes } from './causes.ts';
import { DocumentStore } from './documents.ts';
import migrations from './migrations/migrations.js';
import { SignalStore } from './signal-store.ts';
import { Stream } from './stream.ts';

/** The first answer for a player waits this long for the log; if it is slow, the next answer will have it. */
const HYDRATION_WAIT_MS = 60;
/** The log is read again, behind an answer, by an object that wakes this long after it last was: imports come that way. */
const HYDRATION_AGE_MS = 6 * 3_600_000;
/** A burst of events makes one backup gallery, this long after its first. */
const BACKUP_DELAY_MS = 1_500;

/** What a guest leaves to the player it becomes. */
export interface UserExport {
  events: SignalEvent[];
  preferences: Preferences | undefined;
}

export class UserSignals extends DurableObject<Env> {
  #store!: SignalStore;
  #documents!: DocumentStore;
  #stream!: Stream;
  #causes!: Causes;
  #hydratedAt: number | undefined;
  #hydration: Promise<void> | undefined;
  #backupIsDue = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      await migrate(drizzle(ctx.storage), migrations);
      this.#store = new SignalStore(ctx.storage.sql);
      this.#documents = new DocumentStore(ctx.storage.sql);
      this.#stream = new Stream(ctx, this.#documents);
      this.#causes = new Causes((await ctx.storage.getAlarm()) === null);
      const [row] = ctx.storage.sql.exec('select hydrated_at from hydration').toArray();
      this.#hydratedAt = row?.hydrated_at as number | undefined;
    });
  }

  /** Folds events in and returns the ids of those that were new. When it returns, they are stored. */
  record(events: SignalEvent[]): string[] | Promise<string[]> {
    const player = this.#documents.read('mergedInto');
    if (player !== undefined) return this.#forward(player, events);
    const added = this.#store.fold(events);
    const causes = added.filter(({ type }) => type !== 'impression').map(({ id }) => id);
    if (causes.length > 0) this.#scheduleBackup(causes);
    return added.map(({ id }) => id);
  }

  /**
   * What ranking needs of this player now. `userId` is the object's name, by which its log is found; `context`: for which
   * the backup gallery will be made. `complete` is false where the log has never been read, and could not be read in time.
   */
  async readUserState(userId: string, context?: RequestContext): Promise<{ user: UserState; complete: boolean }> {
    const now = Date.now();
    // The hour is left out: storing it would write a row every hour.
    if (context !== undefined)
      this.#documents.write('lastRequest', { userId, context: { ...context, localHour: null } });
    if (this.#hydratedAt === undefined)
      await withDeadline(this.#hydrate(userId), HYDRATION_WAIT_MS, 'log').catch(() => {});
    else if (now - this.#hydratedAt > HYDRATION_AGE_MS) this.ctx.waitUntil(this.#hydrate(userId));
    return { user: this.#readState(now), complete: this.#hydratedAt !== undefined };
  }

  /** The gallery that was made after the last events; null before the first. */
  backup(): StoredGallery | null {
    // One that an earlier version made may have another form.
    return StoredGallery.safeParse(this.#documents.read('backup')).data ?? null;
  }

  /** Replaces what the player said before; false for a guest who has become somebody. `changeId`: for the notice. */
  setPreferences(preferences: Preferences, changeId: string = crypto.randomUUID()): boolean {
    if (this.isMerged()) return false;
    this.#documents.write('preferences', preferences);
    this.#scheduleBackup([changeId]);
    return true;
  }

  /** A guest's last will: from now on all that comes is passed on. Which player that is, D1 has decided. */
  exportUser(userId: string): UserExport {
    this.#documents.write('mergedInto', userId);
    const { actions, impressions } = this.#store.signals;
    return { events: [...actions, ...impressions], preferences: this.#documents.read('preferences') };
  }

  /**
   * Takes over what a guest left, as often as it is told; a player who has itself become another passes it on. Throws
   * where the log cannot be read: what the guest's object had forgotten, and what this player said, may be there alone.
   */
  async importUser(userId: string, guestId: string, { events, preferences }: UserExport): Promise<void> {
    const own = events.map((event) => ({ ...event, id: mergedEventId(guestId, event.id) }));
    const player = this.#documents.read('mergedInto');
    if (player !== undefined)
      return this.env.USER_SIGNALS.getByName(player).importUser(player, userId, { events: own, preferences });
    // Not a reading that is under way: it may be from before the log changed hands.
    await this.#readLog(userId);
    await this.record(own);
    if (preferences !== undefined && this.#documents.read('preferences') === undefined)
      this.setPreferences(preferences);
  }

  /** Whether this is a guest who has become somebody. */
  isMerged(): boolean {
    return this.#documents.read('mergedInto') !== undefined;
  }

  /** Once all is handed over. */
  empty(): void {
    this.#store.clear();
    this.#documents.clear();
    this.ctx.storage.sql.exec('delete from hydration');
  }

  /** The whole state: for tests and for an operator's eyes. */
  snapshot(): Signals {
    return this.#store.signals;
  }

  /** Throws where the gallery could not be made: the platform then asks again, later each time, a few times. */
  override async alarm(): Promise<void> {
    this.#backupIsDue = false;
    const lastRequest = this.#documents.read('lastRequest');
    if (lastRequest === undefined || this.isMerged()) return;
    const causes = this.#causes.take();
    const waitUntil = (promise: Promise<unknown>) => this.ctx.waitUntil(promise);
    const made = await makeGallery({ env: this.env, ...lastRequest, user: this.#readState(Date.now()), waitUntil });
    if (made === undefined) {
      this.#causes.markUnknown();
      throw new Error('the gallery lacks something that an earlier one may have had');
    }
    // Merged meanwhile: the player whom the guest has become has a gallery of its own.
    if (this.isMerged()) return;
    const changed = describeChange(this.backup(), made);
    this.#documents.write('backup', made);
    const { recommendationId, generatedAt, release } = made;
    this.#stream.tell({ type: 'gallery.ready', recommendationId, generatedAt, causes, changed });
    await this.#tellSubscribers({ userId: lastRequest.userId, recommendationId, generatedAt, release }, waitUntil);
  }

  /** A connection to the player's stream; workers/online has checked who asks. */
  override fetch(request: Request): Response {
    // A listener wants notices even before its first gallery request.
    const { name } = this.ctx.id;
    if (this.#documents.read('lastRequest') === undefined && name !== undefined)
      this.#documents.write('lastRequest', { userId: name, context: EMPTY_CONTEXT });
    return this.#stream.open(request);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // 1005 and 1006 say that no code was sent, and must not be sent.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  /** What cannot be queued is not worth another gallery: the next one will be told. */
  async #tellSubscribers(
    data: Extract<Notification, { type: 'gallery.ready' }>['data'],
    waitUntil: (promise: Promise<unknown>) => void,
  ): Promise<void> {
    const { value: listeners = [] } = await isolate.getSubscriptions(this.env, Date.now(), waitUntil);
    const { recommendationId, generatedAt } = data;
    const about = { id: `gallery-${recommendationId}`, type: 'gallery.ready', timestamp: generatedAt } as const;
    await notify(this.env.NOTIFICATIONS, listeners, { ...about, data }).catch((error: Error) =>
      console.error(JSON.stringify({ alert: 'subscribers not told', recommendationId, error: error.message })),
    );
  }

  #readState(now: number): UserState {
    return deriveUserState(this.#store.signals, this.#documents.read('preferences') ?? EMPTY_PREFERENCES, now);
  }

  /** Only players who have requested a gallery get a backup. */
  #scheduleBackup(causes: readonly string[]): void {
    this.#causes.add(causes);
    if (this.#backupIsDue || this.#documents.read('lastRequest') === undefined) return;
    this.#backupIsDue = true;
    this.ctx.storage.setAlarm(Date.now() + BACKUP_DELAY_MS);
  }

  async #forward(userId: string, events: readonly SignalEvent[]): Promise<string[]> {
    const guestId = this.ctx.id.name ?? '';
    const own = new Map(events.map(({ id }) => [mergedEventId(guestId, id), id]));
    const passedOn = events.map((event) => ({ ...event, id: mergedEventId(guestId, event.id) }));
    const added = await this.env.USER_SIGNALS.getByName(userId).record(passedOn);
    return added.map((id) => own.get(id)!);
  }

  /**
   * Players whose events came by import, or whose object is new, have a log but no signals: the log is replayed. Folding
   * forgives repetition and order, so events that arrive meanwhile do no harm.
   */
  #hydrate(userId: string): Promise<void> {
    this.#hydration ??= this.#readLog(userId)
      .catch((error: Error) => {
        console.error(JSON.stringify({ alert: 'signals not read from the log', error: error.message }));
      })
      .finally(() => {
        this.#hydration = undefined;
      });
    return this.#hydration;
  }

  async #readLog(userId: string): Promise<void> {
    const [events, preferences] = await Promise.all([
      readSignalEvents(this.env.DB, userId),
      this.#documents.read('preferences') ?? readPreferences(this.env.DB, userId),
    ]);
    this.#hydratedAt = Date.now();
    // Read while the guest became a player: it is that player's now.
    if (this.isMerged()) return;
    this.#store.fold(events.map(toSignalEvent));
    if (preferences !== undefined && this.#documents.read('preferences') === undefined)
      this.#documents.write('preferences', preferences);
    // A player without a log leaves nothing behind: asking for a gallery must not fill a disk.
    if (events.length > 0)
      this.ctx.storage.sql.exec('insert or replace into hydration (id, hydrated_at) values (1, ?)', this.#hydratedAt);
  }
}
