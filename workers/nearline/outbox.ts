// The outbox in a player's object: accepted events that the log has not been seen to have. Those of one call share a
// row: each row that is written or deleted takes time and is billed. It asks and sends nothing: that is
// reconcile-log.ts.

import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Tables } from './tables.ts';

export interface UnloggedRow {
  /** Grows with each row. */
  row: number;
  /** JSON of `events`, as it was read. */
  body: string;
  /** Valid by the version of the code that accepted them. */
  events: PlayerEvent[];
  /** When the oldest was received, epoch milliseconds. */
  receivedAt: number;
  /** Times they were queued again. */
  resends: number;
  /** Number of their database of the log. */
  shard: number;
}

/** Keeps a page of rows below a call's limits. */
const EVENTS_PER_ROW = 100;

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
    for (let from = 0; from < events.length; from += EVENTS_PER_ROW) {
      const own = events.slice(from, from + EVENTS_PER_ROW);
      this.#tables.insert(
        'insert into unlogged (body, received_at, resends, shard) values (?, ?, 0, ?)',
        JSON.stringify(own),
        findOldest(own),
        shard,
      );
    }
  }

  /** One page in the order of acceptance, after `row`. */
  readPage(row: number, limit: number): UnloggedRow[] {
    const rows = this.#sql(
      `select "row", body, received_at as receivedAt, resends, shard from unlogged
       where "row" > ? order by "row" limit ?`,
      row,
      limit,
    ) as unknown as Omit<UnloggedRow, 'events'>[];
    return rows.map((one) => ({ ...one, events: JSON.parse(one.body) }));
  }

  /**
   * Replaces the events of the rows; deletes rows without any. A row that has changed since it was read stays as it is:
   * an erasure meanwhile must not be undone.
   */
  replace(rows: readonly UnloggedRow[]): void {
    this.delete(rows.filter(({ events }) => events.length === 0));
    for (const { row, body, events } of rows)
      if (events.length > 0)
        this.#sql(
          'update unlogged set body = ?, received_at = ? where "row" = ? and body = ?',
          JSON.stringify(events),
          findOldest(events),
          row,
          body,
        );
  }

  delete(rows: readonly UnloggedRow[]): void {
    if (rows.length > 0) this.#sql(`delete from unlogged where ${AMONG}`, listRows(rows));
  }

  setResends({ row }: Pick<UnloggedRow, 'row'>, resends: number): void {
    this.#sql('update unlogged set resends = ? where "row" = ?', resends, row);
  }

  /** The number of events and the reception of the oldest; undefined if there are none. */
  measure(): { events: number; oldestAt: number } | undefined {
    const [row] = this.#sql(
      'select total(json_array_length(body)) as events, min(received_at) as oldestAt from unlogged',
    );
    return row?.oldestAt == null ? undefined : (row as { events: number; oldestAt: number });
  }

  /** For each number of resends, when the oldest row was received. */
  listOldest(): Pick<UnloggedRow, 'receivedAt' | 'resends'>[] {
    const rows = this.#sql('select resends, min(received_at) as receivedAt from unlogged group by resends');
    return rows as unknown as Pick<UnloggedRow, 'receivedAt' | 'resends'>[];
  }

  clear(): void {
    this.#sql('delete from unlogged');
  }

  #sql(statement: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#tables.query(statement, ...bindings);
  }
}

const findOldest = (events: readonly PlayerEvent[]): number => Math.min(...events.map(({ receivedAt }) => receivedAt));
const AMONG = '"row" in (select value from json_each(?))';
const listRows = (rows: readonly UnloggedRow[]): string => JSON.stringify(rows.map(({ row }) => row));
