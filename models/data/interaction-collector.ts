// Collects interactions from events sorted by player and time. Memory holds the interactions and one player's events.

import { EVENT_TYPES, type EventType, type PlayerEvent, RETRACTIONS } from '../contracts/event.ts';
import { isInteraction, weighEvent } from '../features/weights.ts';
import type { Interactions } from './interactions.ts';
import { retractionKey } from './retractions.ts';

/** An event as training sees it. */
export type TrainingEvent = Pick<PlayerEvent, 'userId' | 'itemId' | 'type' | 'value' | 'timestamp'>;

/** Types that take something back. */
export const RETRACTING_TYPES: readonly EventType[] = EVENT_TYPES.filter(
  (type) => RETRACTIONS[type] !== undefined || type === 'reset',
);
/** Types that can be interactions, judged by the largest value, and the types that take them back. */
export const TRAINED_TYPES: readonly EventType[] = [
  ...EVENT_TYPES.filter((type) => isInteraction({ type, value: Number.MAX_SAFE_INTEGER })),
  ...RETRACTING_TYPES,
];

/** The events of one player so far. */
interface Pending {
  userId: string | undefined;
  /** Time of the last event. */
  timestamp: number;
  interactions: { itemId: string; item: number; type: EventType; weight: number; timestamp: number }[];
  /** Time of the last retraction, by the type that it takes back and the item. */
  retractedAt: Map<string, number>;
  resetAt: number;
}

const createPending = (userId: string | undefined): Pending => ({
  userId,
  timestamp: Number.NEGATIVE_INFINITY,
  interactions: [],
  retractedAt: new Map(),
  resetAt: Number.NEGATIVE_INFINITY,
});

export class InteractionCollector {
  readonly #itemNumbers = new Map<string, number>();
  readonly #userIds: string[] = [];
  readonly #ends: number[] = [];
  readonly #columns: Pick<Interactions, 'items' | 'weights' | 'timestamps'>;
  /** By item, the last player known to have it: a set for each player would need more memory than the events. */
  readonly #hadBy: number[] = [];
  #length = 0;
  #pending = createPending(undefined);

  /**
   * `eventsMax`: at least the number of events of TRAINED_TYPES. Columns have this length; the system allocates memory
   * only for the written part.
   */
  constructor(eventsMax: number) {
    this.#columns = {
      items: new Int32Array(eventsMax),
      weights: new Float32Array(eventsMax),
      timestamps: new Float64Array(eventsMax),
    };
  }

  /**
   * Adds an event of the same player as the last one, at the same time or later, or of another player. Events other
   * than interactions and retractions are ignored. Throws if the time is earlier than that of the last event.
   */
  add(event: TrainingEvent): void {
    const { type, userId, itemId, timestamp } = event;
    if (userId !== this.#pending.userId) {
      this.#finishPlayer();
      this.#pending = createPending(userId);
    }
    if (timestamp < this.#pending.timestamp) throw new Error(`the events of ${userId} are not in the order of time`);
    this.#pending.timestamp = timestamp;
    if (type === 'reset') this.#pending.resetAt = timestamp;
    if (itemId === null) return;
    const retracted = RETRACTIONS[type];
    if (retracted !== undefined) this.#pending.retractedAt.set(retractionKey(retracted, userId, itemId), timestamp);
    if (!isInteraction(event)) return;
    const item = this.#numberItem(itemId);
    this.#pending.interactions.push({ itemId, item, type, weight: weighEvent(event), timestamp });
  }

  /** The interactions so far. Add nothing afterwards: the columns are shared with the collector. */
  collect(): Interactions {
    this.#finishPlayer();
    const itemIds = [...this.#itemNumbers.keys()].sort();
    const indices = new Int32Array(itemIds.length);
    itemIds.forEach((itemId, index) => {
      indices[this.#itemNumbers.get(itemId)!] = index;
    });
    const items = this.#columns.items.subarray(0, this.#length);
    for (let row = 0; row < items.length; row++) items[row] = indices[items[row]!]!;
    const ends = Int32Array.from(this.#ends);
    return {
      userIds: this.#userIds,
      itemIds,
      starts: ends.map((_, user) => ends[user - 1] ?? 0),
      ends,
      items,
      weights: this.#columns.weights.subarray(0, this.#length),
      timestamps: this.#columns.timestamps.subarray(0, this.#length),
    };
  }

  /** Keeps the first interaction with each item that was not taken back. Drops a player without any. */
  #finishPlayer(): void {
    const { userId, interactions, retractedAt, resetAt } = this.#pending;
    const user = this.#userIds.length;
    const start = this.#length;
    for (const { itemId, item, type, weight, timestamp } of interactions) {
      if (this.#hadBy[item] === user) continue;
      const takenBackAt = retractedAt.get(retractionKey(type, userId!, itemId)) ?? Number.NEGATIVE_INFINITY;
      if (timestamp <= Math.max(takenBackAt, resetAt)) continue;
      this.#hadBy[item] = user;
      this.#columns.items[this.#length] = item;
      this.#columns.weights[this.#length] = weight;
      this.#columns.timestamps[this.#length++] = timestamp;
    }
    if (this.#length === start) return;
    this.#userIds.push(userId!);
    this.#ends.push(this.#length);
  }

  #numberItem(itemId: string): number {
    let number = this.#itemNumbers.get(itemId);
    if (number === undefined) {
      number = this.#itemNumbers.size;
      this.#itemNumbers.set(itemId, number);
    }
    return number;
  }
}
