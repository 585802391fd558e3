// Joins what answers showed with what players did with it, by the answer's id and the item: the material of the ranking
// model. Features are those that were logged; none is computed again.

import { type EventType, type PlayerEvent, RETRACTIONS } from '../contracts/event.ts';
import type { Slate, SlateEntry } from '../contracts/slate.ts';
import { ACTIONS, type Action, FEATURES, FEATURES_HASH } from '../features/ranking.ts';

/** What an event says of the item that was shown; other types say nothing of it. */
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
  /** Its row of FEATURES, without its position. */
  features: Float32Array;
  /** Whether the player is known to have looked at it. */
  examined: boolean;
  /** By ACTIONS. */
  outcomes: boolean[];
}

/** `retracted`: actions that the player took back; they are no outcomes, in whichever order the log has the events. */
type LoggedImpression = Impression & { touched: boolean; retracted: Set<Action> };

/** One row of an answer. */
export interface ShownRow {
  recommendationId: string;
  userId: string;
  shownAt: number;
  /** Whether its order was drawn by lot. */
  shuffled: boolean;
  /** From left to right. */
  entries: Impression[];
}

/** Takes all slates first, and then all events. */
export class ImpressionLog {
  readonly #slates = new Map<string, { userId: string; shownAt: number; entries: Map<string, LoggedImpression> }>();
  /** Slates that were logged with another list of features. */
  foreign = 0;

  addSlate({ recommendationId, userId, shownAt, featuresHash, entries, features }: Slate): void {
    if (featuresHash !== FEATURES_HASH) {
      this.foreign++;
      return;
    }
    const values = decodeFeatures(features, entries.length);
    const impressions = entries.map((entry, place) => ({
      ...entry,
      features: values.subarray(place * FEATURES.length, (place + 1) * FEATURES.length),
      examined: false,
      touched: false,
      retracted: new Set<Action>(),
      outcomes: ACTIONS.map(() => false),
    }));
    this.#slates.set(recommendationId, {
      userId,
      shownAt,
      entries: new Map(impressions.map((impression) => [impression.itemId, impression])),
    });
  }

  addEvent({ type, itemId, recommendationId }: Pick<PlayerEvent, 'type' | 'itemId' | 'recommendationId'>): void {
    if (recommendationId === null || itemId === null) return;
    const impression = this.#slates.get(recommendationId)?.entries.get(itemId);
    if (impression === undefined) return;
    impression.touched = true;
    const action = ACTION_OF[type];
    if (action !== undefined) impression.outcomes[ACTIONS.indexOf(action)] = true;
    const retracted = RETRACTIONS[type] && ACTION_OF[RETRACTIONS[type]];
    if (retracted !== undefined) impression.retracted.add(retracted);
  }

  /** The rows, the earliest first. Whoever looked at an entry, or did something with it, had seen those on its left. */
  collect(): ShownRow[] {
    const rows: ShownRow[] = [];
    for (const [recommendationId, { userId, shownAt, entries }] of this.#slates)
      for (const [, ofRow] of Map.groupBy(entries.values(), ({ row }) => row)) {
        const inOrder = ofRow.sort((a, b) => a.column - b.column);
        const last = inOrder.findLastIndex(({ touched }) => touched);
        rows.push({
          recommendationId,
          userId,
          shownAt,
          shuffled: inOrder.length > 1 && inOrder.every(({ exploration }) => exploration),
          entries: inOrder.map(({ touched: _, retracted, ...entry }, place) => ({
            ...entry,
            examined: place <= last,
            outcomes: entry.outcomes.map((did, action) => did && !retracted.has(ACTIONS[action]!)),
          })),
        });
      }
    return rows.sort((a, b) => a.shownAt - b.shownAt || (a.recommendationId < b.recommendationId ? -1 : 1));
  }
}

/** [entries, FEATURES] */
function decodeFeatures(base64: string, entries: number): Float32Array {
  const bytes = Buffer.from(base64, 'base64');
  const values = new Float32Array(entries * FEATURES.length);
  if (bytes.length !== values.byteLength)
    throw new Error(`a slate has ${bytes.length} bytes of features, where ${values.byteLength} are due`);
  for (let at = 0; at < values.length; at++) values[at] = bytes.readFloatLE(4 * at);
  return values;
}
