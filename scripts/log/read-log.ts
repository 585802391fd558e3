// Reads from a snapshot's views what a training needs, a chunk of rows at a time: memory holds what is collected, not
// what is read.

import type { DuckDBBlobValue, DuckDBConnection } from '@duckdb/node-api';
import type { EventType } from '../../models/contracts/event.ts';
import type { SlateEntry } from '../../models/contracts/slate-entries.ts';
import { InteractionCollector, RETRACTING_TYPES, TRAINED_TYPES } from '../../models/data/interaction-collector.ts';
import type { Interactions } from '../../models/data/interactions.ts';
import { FEATURES_HASH } from '../../models/features/ranking.ts';
import { ImpressionLog, type ShownRow } from '../../models/ranking/impressions.ts';
import { quoteText } from '../duckdb/open.ts';
import { readNumber, streamColumns } from '../duckdb/stream.ts';

/** Memory of DuckDB while it sorts a log for training; the rest is spilled to a temporary folder. */
export const READING_MEMORY_LIMIT = '256MB';
const SORT_THREADS = 2;
/** About 0.5 GB as impressions. */
const SLATES_MAX = 5_000;
const SHARES = 1_000_000;

/** `onProgress` gets the number of events read. */
export async function readInteractions(
  connection: DuckDBConnection,
  onProgress: (events: number) => void,
): Promise<Interactions> {
  const source = `from events where type in (${TRAINED_TYPES.map(quoteText).join()})`;
  const collector = new InteractionCollector(await readNumber(connection, `select count(*)::double ${source}`));
  // A stream has no order of its own, and only the sequence orders events of one millisecond.
  const sql = `select user_id, item_id, type, value, epoch_ms(timestamp)::double ${source}
    order by user_id, timestamp, sequence`;
  // Each thread sorts in its own memory.
  await connection.run(`set threads = ${SORT_THREADS}`);
  let events = 0;
  for await (const columns of streamColumns(connection, sql)) {
    const [userIds, itemIds, types, values, timestamps] = columns as [
      string[],
      (string | null)[],
      EventType[],
      (number | null)[],
      number[],
    ];
    for (const [row, userId] of userIds.entries())
      collector.add({
        userId,
        itemId: itemIds[row]!,
        type: types[row]!,
        value: values[row]!,
        timestamp: timestamps[row]!,
      });
    events += userIds.length;
    onProgress(events);
  }
  return collector.collect();
}

/**
 * The rows that players were shown, with what followed: all of them, or those of a sample of the players, so that a
 * player's pages stay together.
 */
export async function readShownRows(connection: DuckDBConnection, slatesMax = SLATES_MAX): Promise<ShownRow[]> {
  const log = new ImpressionLog();
  // Slates from before a change of the features are of no use.
  const readable = `from slates where features_hash = ${quoteText(FEATURES_HASH)}`;
  const slates = await readNumber(connection, `select count(distinct recommendation_id)::double ${readable}`);
  const share = Math.min(1, slatesMax / Math.max(1, slates));
  await connection.run(
    `create or replace temp view sampled as select * ${readable}
     and hash(user_id) % ${SHARES} < ${Math.ceil(share * SHARES)}`,
  );
  await readSampledSlates(connection, log);
  // A retraction takes back an action on the page, whichever page it names itself.
  const sql = `select recommendation_id, user_id, item_id, type, epoch_ms(timestamp)::double from events
    where recommendation_id in (select recommendation_id from sampled)
    or (type in (${RETRACTING_TYPES.map(quoteText).join()}) and user_id in (select user_id from sampled))`;
  for await (const columns of streamColumns(connection, sql)) {
    const [recommendationIds, userIds, itemIds, types, timestamps] = columns as [
      (string | null)[],
      string[],
      (string | null)[],
      EventType[],
      number[],
    ];
    for (const [row, recommendationId] of recommendationIds.entries())
      log.addEvent({
        recommendationId,
        userId: userIds[row]!,
        itemId: itemIds[row]!,
        type: types[row]!,
        timestamp: timestamps[row]!,
      });
  }
  return log.collect();
}

async function readSampledSlates(connection: DuckDBConnection, log: ImpressionLog): Promise<void> {
  const sql = `select recommendation_id, user_id, epoch_ms(shown_at)::double, sampling_rate, item_id, row_id, row_index,
    column_index, propensity, exploration, shuffled, features from sampled`;
  for await (const columns of streamColumns(connection, sql)) {
    const at = <T>(column: number, row: number) => columns[column]![row] as T;
    for (let row = 0; row < columns[0]!.length; row++)
      log.addEntry(
        {
          recommendationId: at(0, row),
          userId: at(1, row),
          shownAt: at(2, row),
          samplingRate: at(3, row),
        },
        {
          itemId: at(4, row),
          rowId: at(5, row),
          row: at(6, row),
          column: at(7, row),
          propensity: at(8, row),
          exploration: at(9, row),
          shuffled: at(10, row),
        } satisfies SlateEntry,
        at<DuckDBBlobValue>(11, row).bytes,
      );
  }
}
