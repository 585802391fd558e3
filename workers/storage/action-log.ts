// Reads what metrics count of the events in one database of the log, page by page, without their players.

import { ACTION_TYPES, type ActionType } from '../../models/contracts/action-metrics.ts';
import type { EventType } from '../../models/contracts/event.ts';

/** A reaction to an answer. */
export interface LoggedAction {
  type: ActionType;
  /** Hour of its reception. */
  hour: number;
  recommendationId: string;
  position: number | null;
  country: string | null;
  platform: string | null;
  /** Minutes, of a play. */
  value: number | null;
  /** 1 if its item is among the most popular fifth; null if popularity is not known yet. */
  isHead: 0 | 1 | null;
}

export interface ActedItem {
  day: number;
  act: 'shown' | 'played';
  itemId: string;
}

export interface ActionPage {
  /** The row before the page, and the last one of it. */
  after: number;
  last: number;
  /** False if the page is full: more rows follow. */
  isLast: boolean;
  logged: { type: EventType; hour: number; events: number }[];
  actions: LoggedAction[];
  /** Items shown or played since a day, by whatever event. */
  items: ActedItem[];
}

const HOUR = 'received_at / 3600000';
/** An imported event happened long before its reception. */
const DAY = 'min(timestamp, received_at) / 86400000';
const PAGE = 'events where sequence > ?1 and sequence <= ?2';
const TYPES = ACTION_TYPES.map((type) => `'${type}'`).join(', ');
const HEAD = `select item_id from item_totals where country = '' order by popularity desc limit ?3`;

interface PageBounds {
  after: number;
  rows: number;
  /** Ends before the first event received since then (epoch milliseconds): its answer may still be in the queue. */
  until: number;
  /** Days since the epoch. */
  itemsFrom: number;
  /** Number of the most popular items. */
  headItems: number;
}

/** The next page; undefined if there is none yet. */
export async function readActionPage(shard: D1Database, bounds: PageBounds): Promise<ActionPage | undefined> {
  const { after, rows, until, itemsFrom, headItems } = bounds;
  const found = await shard
    .prepare(
      `select max(sequence) as last, min(iif(received_at >= ?3, sequence, null)) as recent, count(*) as found
       from (select sequence, received_at from events where sequence > ?1 order by sequence limit ?2)`,
    )
    .bind(after, rows, until)
    .first<{ last: number | null; recent: number | null; found: number }>();
  if (found === null || found.last === null) return undefined;
  const last = found.recent === null ? found.last : found.recent - 1;
  if (last <= after) return undefined;
  const [logged, actions, items] = await shard.batch<unknown>([
    shard.prepare(`select type, ${HOUR} as hour, count(*) as events from ${PAGE} group by 1, 2`).bind(after, last),
    shard
      .prepare(
        `select type, ${HOUR} as hour, recommendation_id as recommendationId, position, country, platform, value,
           iif(exists (select 1 from item_totals where country = ''), item_id in (${HEAD}), null) as isHead
         from ${PAGE} and type in (${TYPES}) and recommendation_id is not null`,
      )
      .bind(after, last, headItems),
    shard
      .prepare(
        `select distinct ${DAY} as day, iif(type = 'play', 'played', 'shown') as act, item_id as itemId
         from ${PAGE} and type in ('impression', 'play') and item_id is not null and ${DAY} >= ?3`,
      )
      .bind(after, last, itemsFrom),
  ]);
  return {
    ...{ after, last, isLast: found.recent !== null || found.found < rows },
    logged: logged!.results as ActionPage['logged'],
    actions: actions!.results as LoggedAction[],
    items: items!.results as ActedItem[],
  };
}
