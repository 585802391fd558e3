// The nearline state of one player: a Durable Object that folds events into signals and keeps them in its own SQLite.
// How to fold is models/features; this file only keeps memory and storage in step, and reads the log once.

import { DurableObject } from 'cloudflare:workers';
import { drizzle } from 'drizzle-orm/durable-sqlite';
import { migrate } from 'drizzle-orm/durable-sqlite/migrator';
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
const SURPLUS_ROWS_MAX = 500;

export class UserSignals extends DurableObject<Env> {
  #signals: Signals = emptySignals();
  /** Rows of events that are no longer kept. */
  #surplusRows = 0;
  #hydrated = false;
  #hydration: Promise<void> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      await migrate(drizzle(ctx.storage), migrations);
      this.#signals = this.#read();
      this.#hydrated = this.#sql('select 1 from hydration').length > 0;
    });
  }

  /** Folds events in and returns the ids of those that were new. When it returns, they are stored. */
  record(events: SignalEvent[]): string[] {
    return this.#fold(events).map((event) => event.id);
  }

  /** What ranking needs of this player now. `userId` is the object's name, by which the log is read the first time. */
  async view(userId: string): Promise<UserView> {
    if (!this.#hydrated) await this.#hydrate(userId);
    return viewSignals(this.#signals, Date.now());
  }

  /** The whole state: for tests and for an operator's eyes. */
  snapshot(): Signals {
    return this.#signals;
  }

  /**
   * Players whose events came by import, or whose object is new, have a log but no signals: the log is replayed once.
   * Folding forgives repetition and order, so events that arrive meanwhile do no harm.
   */
  async #hydrate(userId: string): Promise<void> {
    this.#hydration ??= (async () => {
      this.#fold((await readSignalEvents(this.env.DB, userId)).map(toSignalEvent));
      this.#sql('insert into hydration (id, hydrated_at) values (1, ?) on conflict do nothing', Date.now());
      this.#hydrated = true;
    })().catch((error: Error) => {
      console.error(JSON.stringify({ alert: 'signals not read from the log', error: error.message }));
      this.#hydration = undefined;
    });
    await withDeadline(this.#hydration, HYDRATION_WAIT_MS, 'hydration').catch(() => {});
  }

  #fold(events: readonly SignalEvent[]): SignalEvent[] {
    const { signals, added } = foldEvents(this.#signals, events);
    if (added.length > 0) {
      this.#write(this.#signals, signals, added);
      this.#signals = signals;
    }
    return added;
  }

  /** Stores the difference. No await between the statements: they commit as one. */
  #write(before: Signals, after: Signals, added: readonly SignalEvent[]): void {
    this.#writeEvents(before, after, added);
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

  #writeEvents(before: Signals, after: Signals, added: readonly SignalEvent[]): void {
    const kept = new Set([...after.actions, ...after.impressions]);
    const rows = added.filter((event) => kept.has(event));
    if (rows.length > 0)
      this.#sql(
        // Replaces a row of an event no longer kept whose id the client has used again.
        `insert or replace into recent_events (id, type, item_id, value, query, timestamp)
         select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 from json_each(?)`,
        JSON.stringify(
          rows.map((event) => [event.id, event.type, event.itemId, event.value, event.query, event.timestamp]),
        ),
      );
    this.#surplusRows += before.actions.length + before.impressions.length + rows.length - kept.size;
    // What is no longer kept may lie for a while: reading leaves it out, and deleting it in bulk costs less.
    if (this.#surplusRows < SURPLUS_ROWS_MAX) return;
    this.#sql(
      'delete from recent_events where id not in (select value from json_each(?))',
      JSON.stringify([...kept].map((event) => event.id)),
    );
    this.#surplusRows = 0;
  }

  #read(): Signals {
    const events = this.#sql(
      'select id, type, item_id as itemId, value, query, timestamp from recent_events',
    ) as unknown as SignalEvent[];
    const marks = this.#sql('select item_id as itemId, kind, timestamp from marks') as unknown as Mark[];
    const { actions, impressions } = foldEvents(emptySignals(), events).signals;
    this.#surplusRows = events.length - actions.length - impressions.length;
    return { actions, impressions, marks: collectMarks(marks) };
  }

  #sql(statement: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(statement, ...bindings).toArray();
  }
}
