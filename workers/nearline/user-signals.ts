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
  newestFirst,
  toSignalEvent,
  viewSignals,
} from '../../models/features/signals.ts';
import { withDeadline } from '../storage/deadline.ts';
import { readSignalEvents } from '../storage/events.ts';
import migrations from './migrations/migrations.js';

/** The first answer for a player waits this long for the log; if it is slow, the next answer will have it. */
const HYDRATION_WAIT_MS = 60;

export class UserSignals extends DurableObject<Env> {
  #signals: Signals = emptySignals();
  #hydration: Promise<void> | undefined;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    ctx.blockConcurrencyWhile(async () => {
      await migrate(drizzle(ctx.storage), migrations);
      this.#signals = this.#read();
      if (this.#sql('select 1 from hydration').length > 0) this.#hydration = Promise.resolve();
    });
  }

  /** Folds events in and returns the ids of those that were new. When it returns, they are stored. */
  record(events: SignalEvent[]): string[] {
    return this.#fold(events).map((event) => event.id);
  }

  /** What ranking needs of this player now. `userId` is the object's name, by which the log is read the first time. */
  async view(userId: string): Promise<UserView> {
    await this.#hydrate(userId);
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
    })().catch((error: Error) => {
      console.error(JSON.stringify({ alert: 'signals not read from the log', error: error.message }));
      this.#hydration = undefined;
    });
    await withDeadline(this.#hydration, HYDRATION_WAIT_MS, 'hydration').catch(() => {});
  }

  #fold(events: readonly SignalEvent[]): SignalEvent[] {
    const { signals, added } = foldEvents(this.#signals, events);
    if (added.length > 0) {
      this.#write(this.#signals, signals);
      this.#signals = signals;
    }
    return added;
  }

  /** Stores the difference. No await between the statements: they commit as one. */
  #write(before: Signals, after: Signals): void {
    this.#writeEvents([...before.actions, ...before.impressions], [...after.actions, ...after.impressions]);
    const stored = listMarks(before.marks);
    const marks = listMarks(after.marks);
    const known = new Set(stored.map((mark) => `${mark.itemId} ${mark.kind} ${mark.timestamp}`));
    const added = marks.filter((mark) => !known.has(`${mark.itemId} ${mark.kind} ${mark.timestamp}`));
    const dropped = stored.filter((mark) => after.marks.get(mark.itemId)?.[mark.kind] === undefined);
    if (added.length > 0)
      this.#sql(
        `insert into marks (item_id, kind, timestamp) select value->>0, value->>1, value->>2 from json_each(?) where true
         on conflict do update set timestamp = excluded.timestamp`,
        JSON.stringify(added.map(({ itemId, kind, timestamp }) => [itemId, kind, timestamp])),
      );
    if (dropped.length > 0)
      this.#sql(
        'delete from marks where (item_id, kind) in (select value->>0, value->>1 from json_each(?))',
        JSON.stringify(dropped.map(({ itemId, kind }) => [itemId, kind])),
      );
  }

  #writeEvents(before: readonly SignalEvent[], after: readonly SignalEvent[]): void {
    const known = new Set(before.map((event) => event.id));
    const kept = new Set(after.map((event) => event.id));
    const added = after.filter((event) => !known.has(event.id));
    const dropped = before.filter((event) => !kept.has(event.id));
    if (added.length > 0)
      this.#sql(
        `insert into recent_events (id, type, item_id, value, query, timestamp)
         select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 from json_each(?)`,
        JSON.stringify(
          added.map((event) => [event.id, event.type, event.itemId, event.value, event.query, event.timestamp]),
        ),
      );
    if (dropped.length > 0)
      this.#sql(
        'delete from recent_events where id in (select value from json_each(?))',
        JSON.stringify(dropped.map((event) => event.id)),
      );
  }

  #read(): Signals {
    const events = this.#sql(
      'select id, type, item_id as itemId, value, query, timestamp from recent_events',
    ) as unknown as SignalEvent[];
    const marks = this.#sql('select item_id as itemId, kind, timestamp from marks') as unknown as Mark[];
    events.sort(newestFirst);
    return {
      actions: events.filter((event) => event.type !== 'impression'),
      impressions: events.filter((event) => event.type === 'impression'),
      marks: collectMarks(marks),
    };
  }

  #sql(statement: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.ctx.storage.sql.exec(statement, ...bindings).toArray();
  }
}
