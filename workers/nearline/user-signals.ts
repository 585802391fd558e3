// The nearline state of one player: a Durable Object that folds events into signals, keeps them until the log has them,
// keeps preferences, and makes a backup gallery shortly after events. Folding is in models/features, storing in
// signal-store.ts, the outbox in outbox.ts, merging in merging.ts.

import { DurableObject } from 'cloudflare:workers';
import { EMPTY_CONTEXT, type RequestContext } from '../../models/contracts/context.ts';
import type { Credential } from '../../models/contracts/credential.ts';
import type { PlayerEvent, RecordedEvents } from '../../models/contracts/event.ts';
import { describeChange } from '../../models/contracts/notice.ts';
import { EMPTY_PREFERENCES, type Preferences } from '../../models/contracts/preferences.ts';
import type { SignalEvent, Signals, UserState } from '../../models/contracts/signals.ts';
import { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import type { Notification } from '../../models/contracts/subscription.ts';
import { emptySignals, toSignalEvent } from '../../models/features/signals.ts';
import { deriveUserState } from '../../models/features/user-state.ts';
import { type CredentialState, checkCredential } from '../credentials/check-credential.ts';
import { inContext, logError, newContext } from '../logging/log.ts';
import { isolate } from '../serving/isolate.ts';
import { makeGallery } from '../serving/make-gallery.ts';
import type { UserStateRead } from '../serving/read-signals.ts';
import type { Moment } from '../serving/recommendation-id.ts';
import { withDeadline } from '../storage/deadline.ts';
import { chooseShard, listLogShards } from '../storage/log-shards.ts';
import { notify } from '../storage/subscriptions.ts';
import { withdrawReport } from '../storage/unlogged-users.ts';
import { Causes } from './causes.ts';
import { CHECK_DELAY_MS, checkLog } from './check-log.ts';
import { DocumentStore } from './documents.ts';
import { eraseHeldRows, HELD_TABLES, type HeldRow, readErasedAt, readHeldRows } from './erasure.ts';
import { Hydration } from './hydration.ts';
import { Merging, type UserExport } from './merging.ts';
import { Outbox } from './outbox.ts';
import { type DutyOutcome, RUN_MAX_MS, Schedule } from './schedule.ts';
import { SignalStore } from './signal-store.ts';
import { Stream } from './stream.ts';
import { Tables } from './tables.ts';

/** A burst of events leads to one backup gallery, this long after the first. */
const BACKUP_DELAY_MS = 1_500;

export class UserSignals extends DurableObject<Env> {
  #tables!: Tables;
  #store!: SignalStore;
  #documents!: DocumentStore;
  #stream!: Stream;
  #causes!: Causes;
  #outbox!: Outbox;
  #schedule!: Schedule;
  #hydration!: Hydration;
  #merging!: Merging;
  #checking: Promise<DutyOutcome> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      this.#tables = await Tables.open(ctx.storage);
      this.#store = new SignalStore(this.#tables, readErasedAt(this.#tables));
      this.#documents = new DocumentStore(this.#tables);
      this.#stream = new Stream(ctx, this.#documents, (credential) => this.#checkCredential(credential));
      this.#outbox = new Outbox(this.#tables);
      this.#schedule = new Schedule(ctx.storage, this.#documents, await ctx.storage.getAlarm());
      this.#causes = new Causes(!this.#schedule.has('backup'));
      const openLog = () => ({ db: this.env.DB, shards: listLogShards(this.env) });
      this.#hydration = new Hydration(this.#tables, this.#store, this.#documents, openLog);
      this.#merging = new Merging({
        store: this.#store,
        documents: this.#documents,
        outbox: this.#outbox,
        hydration: this.#hydration,
        openLog,
        openPlayer: (userId) => this.env.USER_SIGNALS.getByName(userId),
        fold: (events) => this.#fold(events),
        scheduleBackup: (causes) => this.#scheduleBackup(causes),
      });
    });
  }

  /** Calls a method whose log lines get the id of the caller's request (traced-objects.ts). */
  inRequest(requestId: string, method: string, args: unknown[]): unknown {
    const methods = this as unknown as Record<string, (...given: unknown[]) => unknown>;
    return inContext({ requestId, secrets: [] }, () => methods[method]!(...args));
  }

  /**
   * Folds and stores events, and keeps them until the log has them. Only this object chooses the database of the log
   * for new events, and it chooses once, so that adding a database duplicates none. `chosen`: the choice of a merged
   * guest, whose events may be in the queue already.
   */
  record(events: PlayerEvent[], chosen?: number): RecordedEvents | Promise<RecordedEvents> {
    const forwarded = this.#merging.forward(events, chosen);
    if (forwarded !== undefined) return forwarded;
    const recorded = this.#recordHere(events, chosen);
    // All of them, not only the new ones: an earlier copy may have failed.
    const copied = this.#merging.copy(events);
    return copied === undefined ? recorded : copied.then(() => recorded);
  }

  #recordHere(events: readonly PlayerEvent[], chosen: number | undefined): RecordedEvents {
    const shard = chosen ?? chooseShard(events[0]?.userId ?? '', listLogShards(this.env).length);
    // A client that names an answer has requested one, which an object evicted since then has forgotten.
    const reaction = events.find(({ recommendationId }) => recommendationId !== null);
    if (reaction !== undefined) this.#assumeRequest(reaction);
    // Without an await, so that signals and outbox commit as one.
    const added = new Set(this.#fold(events.map(toSignalEvent)));
    this.#keepUnlogged(
      events.filter(({ id }) => added.has(id)),
      shard,
    );
    return { ids: [...added], shard };
  }

  /** As `record`, for events sent with the player's own token. A merged guest's token records only some of them. */
  async recordOwn(events: PlayerEvent[]): Promise<RecordedEvents> {
    if (!this.isMerged()) return this.record(events);
    const { late, refusedIds } = this.#merging.splitLate(events);
    return { ...(await this.record(late)), refusedIds };
  }

  /**
   * The player's state now. `userId` is the object's name, used to find its log; `context`, if given, is kept for the
   * backup gallery. `earlierMoment`: also returns the state then, with the preferences of now. `complete` is false if
   * the log has never been read and could not be read in time.
   */
  async readUserState(userId: string, context?: RequestContext, earlierMoment?: Moment): Promise<UserStateRead> {
    const now = Date.now();
    if (context !== undefined) this.#noteRequest(userId, context);
    await this.#hydration.refresh(userId, now, (work) => this.ctx.waitUntil(work));
    const moment = { row: this.#store.lastRow, at: now };
    const earlier = earlierMoment && this.#deriveState(this.#store.readUntil(earlierMoment.row), earlierMoment.at);
    return { user: this.#readState(now), complete: this.#hydration.isComplete, moment, earlier };
  }

  /** The whole state, once the log has been read. Throws if the log cannot be read. `userId`: the object's name. */
  async readSignals(userId: string): Promise<Signals> {
    if (this.#merging.isHidden) return emptySignals();
    if (!this.#hydration.isComplete) await this.#hydration.readLog(userId);
    return this.#store.signals;
  }

  /** As `record`, then `readUserState`, in one call. `isOwn`: as `recordOwn`. */
  async recordAndRead(
    events: PlayerEvent[],
    userId: string,
    context: RequestContext,
    isOwn = false,
  ): Promise<UserStateRead & { recorded: RecordedEvents }> {
    // First, because a backup gallery is planned only for players who have requested a gallery.
    this.#noteRequest(userId, context);
    const recorded = await (isOwn ? this.recordOwn(events) : this.record(events));
    return { recorded, ...(await this.readUserState(userId)) };
  }

  /** The gallery made after the last events; null if there is none. */
  backup(): StoredGallery | null {
    if (this.#merging.isHidden) return null;
    // A gallery stored by an earlier version may not parse.
    return StoredGallery.safeParse(this.#documents.read('backup')).data ?? null;
  }

  /** Replaces the preferences; false for a merged guest. `changeId`: named in the notice. */
  setPreferences(preferences: Preferences, changeId: string = crypto.randomUUID()): boolean {
    if (this.isMerged()) return false;
    this.#documents.write('preferences', preferences);
    this.#documents.delete('preferencesFrom');
    this.#scheduleBackup([changeId]);
    return true;
  }

  // The object's calls of a merge; merging.ts documents them.

  exportUser(userId: string): UserExport {
    return this.#merging.exportUser(userId);
  }

  importUser(userId: string, guestId: string, exported: UserExport): Promise<void> {
    return this.#merging.importUser(userId, guestId, exported);
  }

  takeCopies(userId: string, guestId: string, events: SignalEvent[]): Promise<void> {
    return this.#merging.takeCopies(userId, guestId, events);
  }

  hide(): void {
    this.#merging.hide();
  }

  part(): void {
    this.#merging.part();
  }

  removeGuest(userId: string, guestId: string): Promise<void> {
    return this.#merging.removeGuest(userId, guestId);
  }

  finishMerge(userId: string): boolean {
    return this.#merging.finishMerge(userId);
  }

  isMerged(): boolean {
    return this.#merging.isMerged;
  }

  empty(): void {
    this.#merging.empty();
  }

  /**
   * Compares the outbox with the log now, and corrects or withdraws the report of unlogged events under `userId`.
   * Throws if a store fails.
   */
  async refreshReport(userId: string): Promise<void> {
    await this.#checkLog();
    // Even if this object reported nothing: D1 may have been restored to an earlier point.
    if (this.#outbox.isEmpty) await withdrawReport(this.env.DB, userId);
  }

  /** The tables that may hold rows of the player. */
  listHeldTables(): readonly string[] {
    return HELD_TABLES;
  }

  /** One page of a table, after `row`, of the rows that an erasure at `until` (epoch milliseconds) has to erase. */
  readHeldRows(table: string, row: number, limit: number, until: number): HeldRow[] {
    return readHeldRows(this.#tables, table, row, limit, until);
  }

  /**
   * Erases what the player did until `until` (epoch milliseconds), and the rest of the state whenever it came; closes
   * all connections. Idempotent. Later events come back from the log.
   */
  erase(until: number): void {
    const reportedAs = this.#documents.read('reportedAs');
    this.#store.erasedAt = Math.max(this.#store.erasedAt, until);
    eraseHeldRows(this.#tables, this.#store.erasedAt);
    this.#store.clear();
    this.#documents.clear();
    this.#schedule.clear();
    this.#hydration.forget();
    this.#stream.close();
    // What is left in the outbox came since `until`.
    const kept = this.#outbox.readPage(0, Number.MAX_SAFE_INTEGER).flatMap(({ events }) => events);
    this.#fold(kept.map(toSignalEvent));
    // A report may still be in flight to D1, or be later than `until`; the next check withdraws it.
    if (reportedAs !== undefined) this.#documents.write('reportedAs', reportedAs);
    if (kept.length > 0 || reportedAs !== undefined) this.#schedule.plan('log', Date.now() + CHECK_DELAY_MS);
  }

  /** The whole state, for tests and operators. */
  snapshot(): Signals {
    return this.#store.signals;
  }

  override alarm(): Promise<void> {
    return inContext(newContext(), () =>
      this.#schedule.run({ backup: () => this.#makeBackup(), log: () => this.#checkLog() }),
    );
  }

  /** Opens a connection to the player's stream; workers/online has authorised the request. */
  override fetch(request: Request): Promise<Response> {
    return this.#stream.open(request);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // 1005 and 1006 mean that no code was sent; sending them is an error.
    socket.close(code === 1005 || code === 1006 ? 1000 : code);
  }

  /** Throws if the gallery cannot be made; the schedule then tries again. */
  async #makeBackup(): Promise<DutyOutcome> {
    const lastRequest = this.#documents.read('lastRequest');
    if (lastRequest === undefined || this.isMerged()) return 'done';
    const { erasedAt } = this.#store;
    const causes = this.#causes.take();
    const waitUntil = (promise: Promise<unknown>) => this.ctx.waitUntil(promise);
    const made = await makeGallery({ env: this.env, ...lastRequest, user: this.#readState(Date.now()), waitUntil });
    if (made === undefined) {
      this.#causes.markUnknown();
      throw new Error('the gallery would be incomplete; keeping the previous one');
    }
    await this.#stream.endRevoked();
    // Merged meanwhile: the player has a gallery of its own. Erased meanwhile: it was made from what is erased.
    if (this.isMerged() || this.#store.erasedAt !== erasedAt) return 'done';
    const changed = describeChange(this.backup(), made);
    this.#documents.write('backup', made);
    const { recommendationId, generatedAt, release } = made;
    this.#stream.publish({ type: 'gallery.ready', recommendationId, generatedAt, causes, changed });
    await this.#notifySubscribers({ userId: lastRequest.userId, recommendationId, generatedAt, release }, waitUntil);
    return 'done';
  }

  /**
   * Throws if a store fails. Callers share a running check: two at once would queue missing events twice. A check that
   * hangs is given up; otherwise no other would ever run.
   */
  #checkLog(): Promise<DutyOutcome> {
    const check = async () => {
      await this.#merging.forwardOutbox();
      const stores = { db: this.env.DB, shards: listLogShards(this.env), queue: this.env.EVENTS };
      return checkLog(this.#outbox, this.#documents, stores, this.ctx.id.toString());
    };
    this.#checking ??= withDeadline(check(), RUN_MAX_MS).finally(() => {
      this.#checking = undefined;
    });
    return this.#checking;
  }

  /** Never throws: a failing queue is no reason to make the gallery again. */
  async #notifySubscribers(
    data: Extract<Notification, { type: 'gallery.ready' }>['data'],
    waitUntil: (promise: Promise<unknown>) => void,
  ): Promise<void> {
    const { value: listeners = [] } = await isolate.state.getSubscriptions(this.env, Date.now(), waitUntil);
    const { recommendationId, generatedAt } = data;
    const about = { id: `gallery-${recommendationId}`, type: 'gallery.ready', timestamp: generatedAt } as const;
    await notify(this.env.NOTIFICATIONS, listeners, { ...about, data }).catch((error: Error) =>
      logError('subscribers not told', { recommendationId, error: error.message }),
    );
  }

  #checkCredential(credential: Credential): Promise<CredentialState> {
    const now = Date.now();
    const waitUntil = (promise: Promise<unknown>) => this.ctx.waitUntil(promise);
    return checkCredential(
      credential,
      {
        environment: this.env,
        readKeys: (limits) => isolate.state.getKeys(this.env, now, waitUntil, limits),
        readIssuers: (limits) => isolate.state.getIssuers(this.env, now, waitUntil, limits),
      },
      now,
    );
  }

  #noteRequest(userId: string, context: RequestContext): void {
    // The hour is left out: storing it would write a row every hour.
    this.#documents.note('lastRequest', { userId, context: { ...context, localHour: null } });
  }

  /** Assumes that a gallery was requested, unless a request is known. */
  #assumeRequest({ platform, country, locale }: Partial<RequestContext> = {}): void {
    const { name } = this.ctx.id;
    if (name === undefined || this.#documents.read('lastRequest') !== undefined) return;
    const known = { platform: platform ?? null, country: country ?? null, locale: locale ?? null };
    this.#documents.note('lastRequest', { userId: name, context: { ...EMPTY_CONTEXT, ...known } });
  }

  #readState(now: number): UserState {
    return this.#deriveState(this.#store.signals, now);
  }

  #deriveState(signals: Signals, now: number): UserState {
    if (this.#merging.isHidden) return deriveUserState(emptySignals(), EMPTY_PREFERENCES, now);
    return deriveUserState(signals, this.#documents.read('preferences') ?? EMPTY_PREFERENCES, now);
  }

  /** Folds and stores events; returns the ids of the new ones. */
  #fold(events: readonly SignalEvent[]): string[] {
    const added = this.#store.fold(events);
    const causes = added.filter(({ type }) => type !== 'impression').map(({ id }) => id);
    if (causes.length > 0) this.#scheduleBackup(causes);
    return added.map(({ id }) => id);
  }

  #keepUnlogged(events: readonly PlayerEvent[], shard: number): void {
    if (events.length === 0) return;
    // A check that is planned, and perhaps delayed by failures, is not brought forward.
    const isFirst = this.#outbox.isEmpty || !this.#schedule.has('log');
    this.#outbox.add(events, shard);
    if (isFirst) this.#schedule.plan('log', Date.now() + CHECK_DELAY_MS);
  }

  /** Without the setting, only players who have requested a gallery or have the stream open get a backup. */
  #scheduleBackup(causes: readonly string[]): void {
    this.#causes.add(causes);
    if (this.#stream.isOpen || this.env.BACKUP_EVERYONE === 'on') this.#assumeRequest();
    if (this.#documents.read('lastRequest') !== undefined) this.#schedule.plan('backup', Date.now() + BACKUP_DELAY_MS);
  }
}
