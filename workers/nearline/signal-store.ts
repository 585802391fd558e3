// A player's signals in memory and in the object's SQLite, kept in step. Folding is in models/features.

import type { SignalEvent, Signals } from '../../models/contracts/signals.ts';
import { rewindSignals } from '../../models/features/rewind-signals.ts';
import { collectMarks, emptySignals, foldEvents, listMarks, type Mark } from '../../models/features/signals.ts';
import type { Tables } from './tables.ts';

/** Ids remembered of events that are no longer kept, at least and at most: bulk deletes cost less. */
const FORGOTTEN_MIN = 5_000;
const FORGOTTEN_MAX = 6_000;

export class SignalStore {
  readonly #tables: Tables;
  /** Events until then are not taken: the player was erased. Epoch milliseconds. */
  erasedAt: number;
  /** Undefined until they are needed: an alarm that only compares the outbox with the log reads no signals. */
  #signals: Signals | undefined;
  /** Read with the signals. Ids of all rows, including dropped events, so that repeated deliveries stay idempotent. */
  #ids = new Set<string>();
  /** Undefined until it is asked for, and after each write. */
  #lastRow: number | undefined;

  constructor(tables: Tables, erasedAt: number) {
    this.#tables = tables;
    this.erasedAt = erasedAt;
  }

  get signals(): Signals {
    this.#signals ??= this.#read();
    return this.#signals;
  }

  /** Row number of the last event; 0 without events. Grows with each event that is stored. */
  get lastRow(): number {
    this.#lastRow ??= this.#readLastRow();
    return this.#lastRow;
  }

  /** The signals as they were before the events after `row`. */
  readUntil(row: number): Signals {
    if (row >= this.lastRow) return this.signals;
    return rewindSignals(this.signals, this.#readEvents('"row" <= ?', row), this.#readEvents('"row" > ?', row));
  }

  /** Stores the new ones among the events and returns them. */
  fold(events: readonly SignalEvent[]): SignalEvent[] {
    const before = this.signals;
    const newEvents = events.filter(({ id, timestamp }) => timestamp > this.erasedAt && !this.#ids.has(id));
    const { signals, added } = foldEvents(before, newEvents);
    if (added.length > 0) {
      this.#write(before, signals, added);
      this.#signals = signals;
    }
    return added;
  }

  /** Forgets the events whose ids have the prefix, which ends with a colon. `logged`: the log without them. */
  remove(prefix: string, logged: readonly SignalEvent[]): void {
    const isOwn = ({ id }: SignalEvent) => !id.startsWith(prefix);
    const kept = this.#readEvents().filter(isOwn);
    this.clear();
    // Marks are maxima, so they are rebuilt from everything that is left.
    this.fold([...kept, ...logged]);
  }

  clear(): void {
    this.#sql('delete from recent_events');
    this.#sql('delete from marks');
    this.#lastRow = undefined;
    this.#signals = emptySignals();
    this.#ids.clear();
  }

  /** Stores the difference. There is no await between the statements, so they commit as one. */
  #write(before: Signals, after: Signals, added: readonly SignalEvent[]): void {
    this.#writeEvents(after, added);
    if (after.marks === before.marks) return;
    const changed = listMarks(leaveOutSame(after.marks, before.marks)).filter(
      ({ itemId, kind, timestamp }) => before.marks.get(itemId)?.[kind] !== timestamp,
    );
    const dropped = listMarks(leaveOutSame(before.marks, after.marks)).filter(
      ({ itemId, kind }) => after.marks.get(itemId)?.[kind] === undefined,
    );
    if (changed.length > 0)
      this.#tables.insert(
        `insert into marks (item_id, kind, timestamp) select value->>0, value->>1, value->>2
         from json_each(?) where true on conflict do update set timestamp = excluded.timestamp`,
        JSON.stringify(changed.map(({ itemId, kind, timestamp }) => [itemId, kind, timestamp])),
      );
    if (dropped.length > 0)
      this.#sql(
        'delete from marks where (item_id, kind) in (select value->>0, value->>1 from json_each(?))',
        JSON.stringify(dropped.map(({ itemId, kind }) => [itemId, kind])),
      );
  }

  #writeEvents(after: Signals, added: readonly SignalEvent[]): void {
    this.#lastRow = undefined;
    this.#tables.insert(
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
       and "row" <= (select max("row") from recent_events) - ?2`,
      JSON.stringify(kept),
      kept.length + FORGOTTEN_MIN,
    );
    this.#ids = new Set(this.#sql('select id from recent_events').map(({ id }) => id as string));
  }

  #read(): Signals {
    const events = this.#readEvents();
    const marks = this.#sql('select item_id as itemId, kind, timestamp from marks') as unknown as Mark[];
    const { actions, impressions } = foldEvents(emptySignals(), events).signals;
    this.#ids = new Set(events.map(({ id }) => id));
    return { actions, impressions, marks: collectMarks(marks) };
  }

  #readLastRow(): number {
    const [row] = this.#sql('select max("row") as last from recent_events');
    return (row?.last as number | null | undefined) ?? 0;
  }

  #readEvents(test = 'true', ...bindings: SqlStorageValue[]): SignalEvent[] {
    const columns = 'id, type, item_id as itemId, value, query, timestamp';
    const rows = this.#sql(`select ${columns} from recent_events where ${test}`, ...bindings);
    return rows as unknown as SignalEvent[];
  }

  #sql(statement: string, ...bindings: SqlStorageValue[]): Record<string, SqlStorageValue>[] {
    return this.#tables.query(statement, ...bindings);
  }
}

/** Leaves out items whose marks are the same object in the other map: of a player's thousands, few change at a time. */
const leaveOutSame = (marks: Signals['marks'], other: Signals['marks']): Signals['marks'] =>
  new Map([...marks].filter(([itemId, kinds]) => other.get(itemId) !== kinds));
