// Runs one import: stages the files, refuses them if they are not what they should be, and writes items and events to
// D1, recording its progress. Parses nothing.

import { createHash } from 'node:crypto';
import type { DuckDBConnection } from '@duckdb/node-api';
import { readErasedAt, readErasureMark } from '../../workers/storage/erased-users.ts';
import { touchUsers } from '../../workers/storage/events.ts';
import {
  beginImport,
  findImport,
  findUnknownItemIds,
  finishImport,
  forgetImports,
} from '../../workers/storage/imports.ts';
import { putItems } from '../../workers/storage/items.ts';
import {
  askShards,
  chooseShard,
  type LogBindings,
  type LogShards,
  listLogShards,
} from '../../workers/storage/log-shards.ts';
import { publishState } from '../../workers/storage/publish-state.ts';
import { seedShard } from '../../workers/storage/seed-shard.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { withDuckDb } from '../duckdb/open.ts';
import type { Platform } from '../local/platform.ts';
import { fileCache } from '../log/fetch-files.ts';
import { assertMostTaken } from './assert-taken.ts';
import { findArchived } from './find-archived.ts';
import type { Format } from './formats.ts';
import { cleanItem } from './item.ts';
import type { RatingScale } from './rating-scale.ts';
import { readCatalogue } from './read-catalogue.ts';
import type { SourceRequest } from './recognise.ts';
import type { Skipped } from './skipped.ts';
import { openSource, type Source } from './source.ts';
import { readEventItems, readLastSeen, type StagedEvents, stageEvents } from './stage-events.ts';
import { placeholderTitle, type ReadItems } from './stage-items.ts';
import { writeEvents } from './write-events.ts';

const ITEMS_PER_WRITE = 2_000;
/** Enough for a million rows; DuckDB spills more, so that memory does not grow with the file. */
const MEMORY_LIMIT = '512MB';

export interface ImportRequest extends SourceRequest {
  /** Words of the file for our event types. */
  types?: Readonly<Record<string, string>> | undefined;
  ratingScale?: RatingScale | undefined;
  /** Maximum number of interactions, including those written by earlier runs. */
  limit?: number | undefined;
}

export interface ImportSummary {
  format: string;
  /** Names of the files, with their encoding if it is not UTF-8. */
  files: readonly string[];
  ignored: readonly string[];
  unreadColumns: Source['unreadColumns'];
  /** True if all of it was written by an earlier run: nothing was written. */
  alreadyDone: boolean;
  /** Interactions that earlier runs wrote. */
  resumedAfter: number;
  itemsWritten: number;
  /** Games of which nothing is known but that they were played. */
  placeholdersWritten: number;
  interactionsRead: number;
  /** New ones; the rest were in the log already, or twice in the files. */
  interactionsWritten: number;
  /** Those from before their player was erased, which are left out. */
  interactionsErased: number;
  ratingScale: RatingScale | undefined;
  skipped: readonly Skipped[];
  /** Fields of items that were left empty. */
  emptied: ReadItems['emptied'];
}

export interface Progress {
  step: string;
  done: number;
  of: number;
}

type ImportStores = Stores & LogBindings & Pick<Platform, 'state'>;

/** `now`: epoch milliseconds. Throws if the files cannot be read or are refused, or the database cannot be written. */
export const importFiles = (
  stores: ImportStores,
  request: ImportRequest,
  now: number,
  onProgress: (progress: Progress) => void = () => {},
): Promise<ImportSummary> =>
  withDuckDb(async (connection) => {
    onProgress({ step: 'reading the files', done: 0, of: 0 });
    const db = stores.DB;
    const shards = listLogShards(stores);
    const source = await openSource(connection, request);
    const ids = identify(source, request);
    const eventsState = await findImport(db, ids.events);
    const itemsState = await findImport(db, ids.items);
    const isDone = (state: typeof eventsState, selects: readonly string[]) =>
      selects.length === 0 || (state !== undefined && state.finishedAt !== null);
    const eventsDone = isDone(eventsState, source.eventSelects);
    const itemsDone = isDone(itemsState, source.itemSelects);
    const summary = beginSummary(source, eventsDone && itemsDone, eventsState?.rowsDone ?? 0);
    if (summary.alreadyDone) return summary;

    const startedAt = eventsState?.startedAt ?? now;
    // Before the erased players are read, so that a later erasure is noticed.
    for (const database of shards) await seedShard(db, database);
    const erasureMarks = await askShards(shards, async (database) => [await readErasureMark(database)]);
    const staged = await stageEvents(connection, {
      selects: source.eventSelects,
      preset: source.preset,
      types: request.types ?? {},
      ratingScale: request.ratingScale,
      startedAt,
      findErased: (userIds) => readErasedAt(db, userIds),
    });
    const catalogue = itemsDone ? undefined : await readCatalogue(connection, source);
    // Before anything is written.
    const hasItems = catalogue === undefined || catalogue.items.length + catalogue.skipped.length > 0;
    const hasEvents = staged.rows + staged.skipped.length > 0;
    // Rows of erased players are as they should be.
    if (!eventsDone) assertMostTaken('interactions', staged.rows, staged.skipped, source, hasItems);
    if (catalogue) assertMostTaken('items', catalogue.items.length, catalogue.skipped, source, hasEvents);

    summary.skipped = [...(eventsDone ? [] : staged.skipped), ...(catalogue?.skipped ?? [])];
    summary.emptied = catalogue?.emptied ?? [];
    summary.ratingScale = staged.ratingScale;
    if (catalogue)
      await writeCatalogue(db, { ...catalogue, id: ids.items, format: source.format, now }, summary, onProgress);
    const { limit } = request;
    if (!eventsDone) {
      await findArchived(connection, stores.BUCKET, fileCache(stores.state), staged.preset, (done, of) =>
        onProgress({ step: 'fetching the files of the log', done, of }),
      );
      await writeInteractions(
        db,
        shards,
        connection,
        { staged, id: ids.events, startedAt, erasureMarks, limit },
        summary,
        onProgress,
      );
    }
    await publishState(stores, Date.now());
    return summary;
  }, MEMORY_LIMIT);

const beginSummary = (source: Source, alreadyDone: boolean, resumedAfter: number): ImportSummary => ({
  format: source.format,
  files: source.read,
  ignored: source.ignored,
  unreadColumns: source.unreadColumns,
  alreadyDone,
  resumedAfter,
  itemsWritten: 0,
  placeholdersWritten: 0,
  interactionsRead: 0,
  interactionsWritten: 0,
  interactionsErased: 0,
  ratingScale: undefined,
  skipped: [],
  emptied: [],
});

/** One import for the interactions and one for the catalogue: either can change without the other. */
function identify({ format, preset, eventsDigest, itemsDigest }: Source, { types, ratingScale }: ImportRequest) {
  const digest = (...parts: unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
  return {
    events: digest(format, eventsDigest, types ?? null, ratingScale ?? null),
    items: `${prefixItems(format)}${digest(itemsDigest, preset.hasTitlesAsIds ? eventsDigest : null)}`,
  };
}

/** Only the last applied catalogue of each format is known: an older one is applied again. */
const prefixItems = (format: Format) => `items of ${format}: `;

async function writeCatalogue(
  db: D1Database,
  { items, id, format, now }: Pick<ReadItems, 'items'> & { id: string; format: Format; now: number },
  summary: ImportSummary,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  await forgetImports(db, prefixItems(format), id);
  await beginImport(db, id, now);
  for (let from = 0; from < items.length; from += ITEMS_PER_WRITE) {
    const part = items.slice(from, from + ITEMS_PER_WRITE);
    await putItems(db, part);
    summary.itemsWritten += part.length;
    onProgress({ step: 'writing items', done: summary.itemsWritten, of: items.length });
  }
  await finishImport(db, id, Date.now());
}

interface StagedImport {
  staged: StagedEvents;
  id: string;
  startedAt: number;
  erasureMarks: readonly number[];
  limit: number | undefined;
}

async function writeInteractions(
  db: D1Database,
  shards: LogShards,
  connection: DuckDBConnection,
  { staged: { preset, taken, rows }, id, startedAt, erasureMarks, limit = Number.MAX_SAFE_INTEGER }: StagedImport,
  summary: ImportSummary,
  onProgress: (progress: Progress) => void,
): Promise<void> {
  const { rowsDone } = await beginImport(db, id, startedAt);
  summary.interactionsRead = Math.min(limit, taken);
  summary.interactionsErased = rows - taken;
  const until = Math.min(limit, rows);
  // Items before events: events of unknown games recommend nothing.
  if (rowsDone === 0)
    summary.placeholdersWritten = await writePlaceholders(db, connection, preset.hasTitlesAsIds === true);
  summary.interactionsWritten = await writeEvents(
    db,
    shards,
    connection,
    { preset, startedAt, erasureMarks, importId: id, from: rowsDone, until },
    (done) => onProgress({ step: 'writing interactions', done, of: until }),
  );
  for await (const users of readLastSeen(connection, preset, startedAt, until))
    for (const [shard, own] of Map.groupBy(users, ({ userId }) => chooseShard(userId, shards.length)))
      await touchUsers(shards[shard]!, own);
  if (until === rows) await finishImport(db, id, Date.now());
}

/** Writes the items of the events that the catalogue does not have. Returns their number. */
async function writePlaceholders(db: D1Database, connection: DuckDBConnection, hasTitles: boolean): Promise<number> {
  let written = 0;
  for await (const part of readEventItems(connection)) {
    const unknown = await findUnknownItemIds(
      db,
      part.map(({ itemId }) => itemId),
    );
    const items = part.flatMap(({ itemId, name }) => {
      if (!unknown.has(itemId)) return [];
      const cleaned = cleanItem(itemId, { title: hasTitles ? name : placeholderTitle(itemId) });
      // An id that no item may have: its events stay without one.
      return cleaned.ok ? [cleaned.value.item] : [];
    });
    if (items.length > 0) await putItems(db, items);
    written += items.length;
  }
  return written;
}
