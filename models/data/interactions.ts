// Interactions in compact columns: the form that every algorithm trains on. It does not split them.

import { type EventType, type PlayerEvent, RETRACTIONS } from '../contracts/event.ts';
import { isInteraction, weighEvent } from '../features/weights.ts';
import { keepLatest, retractionKey } from './retractions.ts';

/**
 * Each player's distinct items in the order of their first interactions. A split changes `ends` alone and shares the
 * columns.
 */
export interface Interactions {
  /** Sorted, so that the same events give the same model. */
  userIds: readonly string[];
  /** Sorted. */
  itemIds: readonly string[];
  /** The rows of user u are starts[u] up to ends[u], exclusive. */
  starts: Int32Array;
  ends: Int32Array;
  /** Columns: index in itemIds; weight of the first positive event; its time, epoch milliseconds. */
  items: Int32Array;
  weights: Float32Array;
  timestamps: Float64Array;
}

export const countInteractions = ({ starts, ends }: Interactions): number =>
  ends.reduce((sum, end, user) => sum + end - starts[user]!, 0);

const RETRACTABLE: readonly EventType[] = Object.values(RETRACTIONS);

/** Collects interactions from a stream of events, in 21 bytes each. */
export class InteractionLog {
  readonly #users = new Map<string, number>();
  readonly #items = new Map<string, number>();
  /** Time of the last retraction, by the type that it takes back, user and item. */
  readonly #retractedAt = new Map<string, number>();
  /** Time of the last reset, by user. */
  readonly #resetAt = new Map<string, number>();
  #rows = {
    users: new Int32Array(1024),
    items: new Int32Array(1024),
    weights: new Float32Array(1024),
    timestamps: new Float64Array(1024),
    // In RETRACTABLE, from 1; 0 for types that cannot be taken back.
    retractables: new Uint8Array(1024),
  };
  #length = 0;

  /** Adds an event. Events other than interactions are ignored, except that retractions take back earlier ones. */
  add(event: Pick<PlayerEvent, 'userId' | 'itemId' | 'type' | 'value' | 'timestamp'>): void {
    const { type, userId, itemId, timestamp } = event;
    const retracted = RETRACTIONS[type];
    if (retracted !== undefined) keepLatest(this.#retractedAt, retractionKey(retracted, userId, itemId), timestamp);
    if (type === 'reset') keepLatest(this.#resetAt, userId, timestamp);
    if (event.itemId === null || !isInteraction(event)) return;
    if (this.#length === this.#rows.users.length) this.#grow();
    const row = this.#length++;
    this.#rows.users[row] = assignNumber(this.#users, event.userId);
    this.#rows.items[row] = assignNumber(this.#items, event.itemId);
    this.#rows.weights[row] = weighEvent(event);
    this.#rows.timestamps[row] = event.timestamp;
    this.#rows.retractables[row] = RETRACTABLE.indexOf(type) + 1;
  }

  /** The interactions so far. Events with the same time keep the order in which they were added. */
  collect(): Interactions {
    const { items, weights, timestamps } = this.#rows;
    const itemIds = [...this.#items.keys()].sort();
    const indices = new Int32Array(itemIds.length);
    itemIds.forEach((itemId, index) => {
      indices[this.#items.get(itemId)!] = index;
    });
    const { userIds, rows, starts, ends } = this.#selectRows();
    return {
      userIds,
      itemIds,
      starts,
      ends,
      items: rows.map((row) => indices[items[row]!]!),
      weights: fill(new Float32Array(rows.length), (at) => weights[rows[at]!]!),
      timestamps: fill(new Float64Array(rows.length), (at) => timestamps[rows[at]!]!),
    };
  }

  /** Selects the first unretracted row of each item, by player and time. Drops players without one. */
  #selectRows(): Pick<Interactions, 'userIds' | 'starts' | 'ends'> & { rows: Int32Array } {
    const { users, items, timestamps } = this.#rows;
    const rowsOf = groupByUser(users.subarray(0, this.#length), this.#users.size);
    const isRetracted = this.#findRetracted();
    const rows = new Int32Array(this.#length);
    const userIds: string[] = [];
    const ends: number[] = [];
    let length = 0;
    // The last player who was found to have an item: a set for each player would cost more than the events.
    const hadBy = new Int32Array(this.#items.size).fill(-1);
    for (const userId of [...this.#users.keys()].sort()) {
      const user = this.#users.get(userId)!;
      const start = length;
      for (const row of sortByTime(rowsOf(user), timestamps)) {
        if (hadBy[items[row]!] === user || isRetracted(userId, row)) continue;
        hadBy[items[row]!] = user;
        rows[length++] = row;
      }
      if (length === start) continue;
      userIds.push(userId);
      ends.push(length);
    }
    const starts = Int32Array.from(ends, (_, user) => ends[user - 1] ?? 0);
    return { userIds, rows: rows.subarray(0, length), starts, ends: Int32Array.from(ends) };
  }

  #findRetracted(): (userId: string, row: number) => boolean {
    const { items, timestamps, retractables } = this.#rows;
    if (this.#retractedAt.size === 0 && this.#resetAt.size === 0) return () => false;
    // `items` numbers the ids in the order of the map's keys.
    const itemIds = [...this.#items.keys()];
    return (userId, row) => {
      const type = RETRACTABLE[retractables[row]! - 1];
      const retractedAt = type && this.#retractedAt.get(retractionKey(type, userId, itemIds[items[row]!]!));
      return timestamps[row]! <= Math.max(retractedAt ?? -Infinity, this.#resetAt.get(userId) ?? -Infinity);
    };
  }

  #grow(): void {
    const { users, items, weights, timestamps, retractables } = this.#rows;
    const double = <T extends Uint8Array | Int32Array | Float32Array | Float64Array>(column: T, larger: T): T => {
      larger.set(column);
      return larger;
    };
    const length = 2 * users.length;
    this.#rows = {
      users: double(users, new Int32Array(length)),
      items: double(items, new Int32Array(length)),
      weights: double(weights, new Float32Array(length)),
      timestamps: double(timestamps, new Float64Array(length)),
      retractables: double(retractables, new Uint8Array(length)),
    };
  }
}

/** Sorts ascending `rows` in place, those of the same time staying in order. Most logs are in order already. */
function sortByTime(rows: Int32Array, timestamps: Float64Array): Int32Array {
  const isInOrder = rows.every((row, at) => at === 0 || timestamps[rows[at - 1]!]! <= timestamps[row]!);
  return isInOrder ? rows : rows.sort((a, b) => timestamps[a]! - timestamps[b]! || a - b);
}

function fill<T extends Float32Array | Float64Array>(column: T, read: (at: number) => number): T {
  for (let at = 0; at < column.length; at++) column[at] = read(at);
  return column;
}

function assignNumber(numbers: Map<string, number>, id: string): number {
  const known = numbers.get(id);
  if (known !== undefined) return known;
  numbers.set(id, numbers.size);
  return numbers.size - 1;
}

/** A counting sort; returns a function that gives the rows of a user, in their order. */
function groupByUser(users: Int32Array, count: number): (user: number) => Int32Array {
  const bounds = new Int32Array(count + 1);
  for (const user of users) bounds[user + 1]!++;
  for (let user = 0; user < count; user++) bounds[user + 1]! += bounds[user]!;
  const next = bounds.slice();
  const rows = new Int32Array(users.length);
  users.forEach((user, row) => {
    rows[next[user]!++] = row;
  });
  return (user) => rows.subarray(bounds[user]!, bounds[user + 1]!);
}
