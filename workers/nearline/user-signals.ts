// The nearline state of one player: a Durable Object that folds events into signals and keeps them in its own SQLite.
// How to fold is models/features; this file only keeps memory and storage in step, and reads the log once.

import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import type { SignalEvent, Signals, UserView } from '../../models/contracts/signals.ts';
import {
  collectMarks,
  emptySignals,
  foldEvents,
  listMarks,
  type Mark,
  toSignalEvent,
  viewSignals,
} from '../../models/features/signals.ts';
import { withDeadline } from '../storage/deadline.ts';
import { readSignalEvents } from '../storage/events.ts';
import migrations from './migrations/migrations.js';

/** The first answer for a player waits this long for the log; if it is slow, the next answer will have it. */
const HYDRATION_WAIT_MS = 60;
/** The log is read again, behind an answer, by an object that wakes this long after it last was: imports come that way. */
const HYDRATION_AGE_MS = 6 * 3_600_000;
/** Ids remembered of events that are no longer kept, at least and at most: deleting in bulk costs less. */
const FORGOTTEN_MIN = 5_000;
const FORGOTTEN_MAX = 6_000;

export class UserSignals extends DurableObject<Env> {
  #signals: Signals = emptySignals();
  /** Ids of all rows, those of events that are no longer kept included: told again, they are still no news. */
  #ids = new Set<string>();
  #hydratedAt: number | undefined;
  #hydration: Promise<void> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      await migrate(drizzle(ctx.storage), migrations);
      this.#signals = this.#read();
      this.#hydratedAt = this.#sql('select hydrated_at from hydration')[0]?.hydrated_at as number | undefined;
    });
  }

  /** Folds events in and returns the ids of those that were new. When it returns, they are stored. */
  record(events: SignalEvent[]): string[] {
    return this.#fold(events).map((event) => event.id);
  }

  /**
   * What ranking needs of this player now. `userId` is the object's name, by which its log is found; `complete` is false
   * where the log has never been read, and could not be read in time.
   */
  async view(userId: string): Promise<{ view: UserView; complete: boolean }> {
    const now = Date.now();
    if (this.#hydratedAt === undefined)
      await withDeadline(this.#hydrate(userId), HYDRATION_WAIT_MS, 'log').catch(() => {});
    else if (now - this.#hydratedAt > HYDRATION_AGE_MS) this.ctx.waitUntil(this.#hydrate(userId));
    return { view: viewSignals(this.#signals, EMPTY_PREFERENCES, now), complete: this.#hydratedAt !== undefined };
  }

  /** The whole state: for tests and for an operator's eyes. */
  snapshot(): Signals {
    return this.#signals;
  }

  /**
   * Players whose events came by import, or whose object is new, have a log but no signals: the log is replayed. Folding
   * forgives repetition and order, so events that arrive meanwhile do no harm.
   */
  #hydrate(userId: string): Promise<void> {
    this.#hydration ??= (async () => {
      const events = await readSignalEvents(this.env.DB, userId);
      this.#fold(events.map(toSignalEvent));
      this.#hydratedAt = Date.now();
      // A player without a log leaves nothing behind: asking for a gallery must not fill a disk.
      if (events.length > 0)
        this.#sql('insert or replace into hydration (id, hydrated_at) values (1, ?)', this.#hydratedAt);
    })()
      .catch((error: Error) => {
        console.error(JSON.stringify({ alert: 'signals not read from the log', error: error.message }));
      })
      .finally(() => {
        this.#hydration = undefined;
      });
    return this.#hydration;
  }

  #fold(events: readonly SignalEvent[]): SignalEvent[] {
    const news = events.filter((event) => !this.#ids.has(event.id));
    const { signals, added } = foldEvents(this.#signals, news);
    if (added.length > 0) {
      this.#write(this.#signals, signals, added);
      this.#signals = signals;
    }
    return added;
  }

  /** Stores the difference. No await between the statements: they commit as one. */
  #write(before: Signals, after: Signals, added: readonly SignalEvent[]): void {
    this.#writeEvents(after, added);
    if (after.marks === before.marks) return;
    const stored = listMarks(before.marks);
    const marks = listMarks(after.marks);
    const known = new Set(stored.map((mark) => `${mark.itemId} ${mark.kind} ${mark.timestamp}`));
    const changed = marks.filter((mark) => !known.has(`${mark.itemId} ${mark.kind} ${mark.timestamp}`));
    const dropped = stored.filter((mark) => after.marks.get(mark.itemId)?.[mark.kind] === undefined);
    if (changed.length > 0)
      this.#sql(
        `insert into marks (item_id, kind, timestamp) select value->>0, value->>1, value->>2 from json_each(?) where true
         on conflict do update set timestamp = excluded.timestamp`,
        JSON.stringify(changed.map(({ itemId, kind, timestamp }) => [itemId, kind, timestamp])),
      );
    if (dropped.length > 0)
      this.#sql(
        'delete from marks where (item_id, kind) in (select value->>0, value->>1 from json_each(?))',
        JSON.stringify(dropped.map(({ itemId, kind }) => [itemId, kind])),
      );
  }

  #writeEvents(after: Signals, added: readonly SignalEvent[]): void {
    this.#sql(
      `insert into recent_events (id, type, item_id, value, query, timestamp)
       select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 from json_each(?)`,
      JSON.stringify(
        added.map((event) => [event.id, event.type, event.itemId, event.value, event.query, event.timestamp]),
      ),
    );
    for (const { id } of added) this.#ids.add(id);
    const kept = [...after.actions, ...after.impressions].map(({ id }) => id);
    if (this.#ids.size - kept.length <= FORGOTTEN_MAX) return;
    this.#sql(
      `delete from recent_events where id not in (select value from json_each(?1))
       and rowid <= (select max(rowid) from recent_events) - ?2`,
      JSON.stringify(kept),
      kept.length + FORGOTTEN_MIN,
    );
    this.#ids = new Set(this.#sql('select id from recent_events').map(({ id }) => id as string));
  }

  #read(): Signals {
    const events = this.#sql(
      'select id, type, item_id as itemId, value, query, timestamp from recent_events',
    ) as unknown as SignalEvent[];
    const marks = this.#sql('select item_id as itemId, kind, timestamp from marks') as unknown as Mark[];
    const { actions, impressions } = foldEvents(emptySignals(), events).signals;
    this.#ids = new Set(events.map(({ id }) => id));
    return { actions, impressions, marks: collectMarks(marks) };
  }

  #sql(statement: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(statement, ...bindings).toArray();
  }
}
