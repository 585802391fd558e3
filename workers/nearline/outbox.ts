// The outbox in a player's object: accepted events that the log has not been seen to have. It asks and sends nothing:
// that is reconcile-log.ts.

import type { PlayerEvent } from '../../models/contracts/event.ts';

export interface UnloggedRow {
  /** Grows with each event. */
  row: number;
  id: string;
  /** JSON of the event. */
  body: string;
  /** Epoch milliseconds. */
  receivedAt: number;
  /** Times it was sent to the queue again. */
  resends: number;
}

export class Outbox {
  readonly #storage: SqlStorage;

  /** Requires the migrated table. */
  constructor(storage: SqlStorage) {
    this.#storage = storage;
  }

  get isEmpty(): boolean {
    return this.#sql('select 1 from unlogged limit 1').length === 0;
  }

  /** Adds events; one that is there already is not changed. */
  add(events: readonly PlayerEvent[]): void {
    this.#sql(
      `insert into unlogged (id, body, received_at, resends)
       select value->>'id', value, value->>'receivedAt', 0 from json_each(?) where true on conflict do nothing`,
      JSON.stringify(events),
    );
  }

  /** One page in the order of their acceptance, after `row`. */
  readPage(row: number, limit: number): UnloggedRow[] {
    return this.#sql(
      `select rowid as row, id, body, received_at as receivedAt, resends from unlogged
       where rowid > ? order by rowid limit ?`,
      row,
      limit,
    ) as unknown as UnloggedRow[];
  }

  delete(ids: readonly string[]): void {
    if (ids.length > 0)
      this.#sql('delete from unlogged where id in (select value from json_each(?))', JSON.stringify(ids));
  }

  countResend(ids: readonly string[]): void {
    this.#sql(
      'update unlogged set resends = resends + 1 where id in (select value from json_each(?))',
      JSON.stringify(ids),
    );
  }

  /** The number of events and the reception of the oldest; undefined if there are none. */
  measure(): { events: number; oldestAt: number } | undefined {
    const [row] = this.#sql('select count(*) as events, min(received_at) as oldestAt from unlogged');
    return row?.oldestAt == null ? undefined : (row as { events: number; oldestAt: number });
  }

  clear(): void {
    this.#sql('delete from unlogged');
  }

  #sql(statement: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#storage.exec(statement, ...bindings).toArray();
  }
}
