// The outbox in a player's object: accepted events that the log has not been seen to have. It asks and sends nothing:
// that is reconcile-log.ts.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Tables } from './tables.ts';

export interface UnloggedRow {
  /** Grows with each event. */
  row: number;
  /** JSON of the event. */
  body: string;
  /** Epoch milliseconds. */
  receivedAt: number;
  /** Times it was queued again. */
  resends: number;
  /** Number of its database of the log. */
  shard: number;
}

export class Outbox {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get isEmpty(): boolean {
    return this.#sql('select 1 from unlogged limit 1').length === 0;
  }

  /** `shard`: the number of the events' database of the log. */
  add(events: readonly PlayerEvent[], shard: number): void {
    this.#tables.insert(
      `insert into unlogged (body, received_at, resends, shard)
       select value, value->>'receivedAt', 0, ? from json_each(?)`,
      shard,
      JSON.stringify(events),
    );
  }

  /** One page in the order of acceptance, after `row`. */
  readPage(row: number, limit: number): UnloggedRow[] {
    return this.#sql(
      `select "row", body, received_at as receivedAt, resends, shard from unlogged
       where "row" > ? order by "row" limit ?`,
      row,
      limit,
    ) as unknown as UnloggedRow[];
  }

  delete(rows: readonly UnloggedRow[]): void {
    if (rows.length > 0) this.#sql(`delete from unlogged where ${AMONG}`, listRows(rows));
  }

  countResend(rows: readonly UnloggedRow[]): void {
    this.#sql(`update unlogged set resends = resends + 1 where ${AMONG}`, listRows(rows));
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
    return this.#tables.query(statement, ...bindings);
  }
}

const AMONG = '"row" in (select value from json_each(?))';
const listRows = (rows: readonly UnloggedRow[]): string => JSON.stringify(rows.map(({ row }) => row));
