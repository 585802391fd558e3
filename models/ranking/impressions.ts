// Joins slates with the events that followed, by recommendation id and item: the training data of the ranking model.
// Features are those logged with the slate; none is computed again.

import { ACTIONS, type Action } from '../contracts/algorithm-settings.ts';
import { type EventType, type PlayerEvent, RETRACTIONS } from '../contracts/event.ts';
import type { LoggedSlate } from '../contracts/slate.ts';
import type { SlateEntry } from '../contracts/slate-entries.ts';
import { keepLatest, retractionKey } from '../data/retractions.ts';
import { FEATURES, unpackFeatures } from '../features/ranking.ts';

/** Action on the shown item, by event type; other types are no action. */
const ACTION_OF: Partial<Record<EventType, Action>> = {
  click: 'click',
  play: 'play',
  like: 'like',
  wishlist: 'like',
  purchase: 'purchase',
  dismiss: 'dismiss',
  dislike: 'dismiss',
};

export interface Impression extends SlateEntry {
  /** In the order of FEATURES, without the position. */
  features: Float32Array;
  /** True if the player is known to have seen it. */
  examined: boolean;
  /** In the order of ACTIONS. */
  outcomes: boolean[];
}

/** `lastAt`: time of the newest event of each type. */
type LoggedEntry = Omit<Impression, 'examined' | 'outcomes'> & { lastAt: Map<EventType, number> };

type LoggedAnswer = Pick<LoggedSlate, 'userId' | 'shownAt' | 'samplingRate'>;

/** One row of an answer. */
export interface ShownRow {
  recommendationId: string;
  userId: string;
  shownAt: number;
  /** Probability with which the answer was logged. */
  samplingRate: number;
  /** True if some of its entries, those with `shuffled`, are in random order; pins are not. */
  shuffled: boolean;
  /** From left to right. */
  entries: Impression[];
}

/** Takes all entries of slates first, then all events. */
export class ImpressionLog {
  readonly #slates = new Map<string, LoggedAnswer & { entries: Map<string, LoggedEntry> }>();
  /** Time of the last retraction, by the type that it takes back, user and item: it may name no answer, or another. */
  readonly #retractedAt = new Map<string, number>();
  /** Time of the last reset, by user. */
  readonly #resetAt = new Map<string, number>();

  /** `features`: as logged, in the order of FEATURES; throws for another number. A repeated entry counts once. */
  addEntry(
    { recommendationId, userId, shownAt, samplingRate }: LoggedAnswer & { recommendationId: string },
    entry: SlateEntry,
    features: Uint8Array,
  ): void {
    let slate = this.#slates.get(recommendationId);
    if (slate === undefined) {
      slate = { userId, shownAt, samplingRate, entries: new Map() };
      this.#slates.set(recommendationId, slate);
    }
    slate.entries.set(entry.itemId, { ...entry, features: readFeatures(features), lastAt: new Map() });
  }

  addEvent({
    type,
    userId,
    itemId,
    recommendationId,
    timestamp,
  }: Pick<PlayerEvent, 'type' | 'userId' | 'itemId' | 'recommendationId' | 'timestamp'>): void {
    const retracted = RETRACTIONS[type];
    if (retracted !== undefined) keepLatest(this.#retractedAt, retractionKey(retracted, userId, itemId), timestamp);
    if (type === 'reset') keepLatest(this.#resetAt, userId, timestamp);
    if (recommendationId === null || itemId === null) return;
    const lastAt = this.#slates.get(recommendationId)?.entries.get(itemId)?.lastAt;
    if (lastAt !== undefined) keepLatest(lastAt, type, timestamp);
  }

  /**
   * The rows, sorted by time, without those that their player has had forgotten. An entry counts as examined if it or
   * one on its right has an event.
   */
  collect(): ShownRow[] {
    const rows: ShownRow[] = [];
    for (const [recommendationId, { userId, shownAt, samplingRate, entries }] of this.#slates) {
      if (shownAt <= (this.#resetAt.get(userId) ?? -Infinity)) continue;
      for (const [, ofRow] of Map.groupBy(entries.values(), ({ row }) => row)) {
        const inOrder = ofRow.sort((a, b) => a.column - b.column);
        const last = inOrder.findLastIndex(({ lastAt }) => lastAt.size > 0);
        rows.push({
          recommendationId,
          userId,
          shownAt,
          samplingRate,
          shuffled: inOrder.filter(({ shuffled }) => shuffled).length > 1,
          entries: inOrder.map(({ lastAt, ...entry }, position) => {
            const actions = this.#findActions(userId, entry.itemId, lastAt);
            return { ...entry, examined: position <= last, outcomes: ACTIONS.map((action) => actions.has(action)) };
          }),
        });
      }
    }
    return rows.sort((a, b) => a.shownAt - b.shownAt || (a.recommendationId < b.recommendationId ? -1 : 1));
  }

  /** Compares timestamps, not the order of events in the log; of two at the same time, the retraction wins. */
  #findActions(userId: string, itemId: string, lastAt: ReadonlyMap<EventType, number>): Set<Action> {
    const actions = new Set<Action>();
    for (const [type, at] of lastAt) {
      const action = ACTION_OF[type];
      const retractedAt = this.#retractedAt.get(retractionKey(type, userId, itemId)) ?? -Infinity;
      if (action !== undefined && at > retractedAt) actions.add(action);
    }
    return actions;
  }
}

function readFeatures(bytes: Uint8Array): Float32Array {
  if (bytes.length !== FEATURES.length)
    throw new Error(`an entry of a slate has ${bytes.length} features, not ${FEATURES.length}`);
  return unpackFeatures(bytes);
}
