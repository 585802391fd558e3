// Loads the interactions of a source into DuckDB, checks them, and streams those that can be taken. Spills to disk what
// does not fit the memory limit; writes nothing elsewhere.

import type { DuckDBConnection } from '@duckdb/node-api';
import { EventContext, EventInput, type EventType, RATING_MAX } from '../../models/contracts/event.ts';
import { Id } from '../../models/contracts/id.ts';
import { explainEvent, isPlainId, mapType, parseNumber, parseTime, readNull } from './event-sql.ts';
import { throwReadError } from './explain-read-error.ts';
import { slugify } from './item.ts';
import { EXPORT_COLUMNS } from './own-columns.ts';
import type { Preset } from './presets.ts';
import { findScale, type ObservedRatings, type RatingScale, scaleRating } from './rating-scale.ts';
import { takeRejects } from './rejects.ts';
import type { Skipped } from './skipped.ts';

const HOUR_MS = 3_600_000;
const EXAMPLES_MAX = 3;
const REASONS_MAX = 20;
const ROWS_PER_STATEMENT = 10_000;
/** 64 bits, unique per player. */
const ID_LENGTH = 16;

export interface StageRequest {
  /** One SELECT per file. */
  selects: readonly string[];
  preset: Preset;
  /** From --types. */
  types: Readonly<Record<string, string>>;
  /** From --rating-scale; otherwise recognised. */
  ratingScale: RatingScale | undefined;
  /** Start of the import's first run, epoch milliseconds: no event is later, and made-up times end here. */
  startedAt: number;
  /** When each of the players was erased, epoch milliseconds; what they did before that is left out. */
  findErased?: (userIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;
}

export interface StagedEvents {
  /** That of the request, or without times if the files have none. */
  preset: Preset;
  taken: number;
  /** Rows of `readLogRows`: imported events, and those of erased players. */
  rows: number;
  skipped: readonly Skipped[];
  /** The file’s scale of ratings; equal to ours if ratings need no change. */
  ratingScale: RatingScale;
}

/**
 * Creates the view `events` and the tables beside it; `archived` is empty. Throws if the scale of the ratings is
 * unclear or a file cannot be read.
 */
export async function stageEvents(connection: DuckDBConnection, request: StageRequest): Promise<StagedEvents> {
  const { startedAt } = request;
  await connection.run(createStaged(request)).catch(throwReadError);
  const preset = { ...request.preset, ...((await hasTimes(connection)) ? {} : { isUntimed: true as const }) };
  const rejected = await takeRejects(connection);
  const ratingScale = preset.isExport
    ? findScale(undefined, true)
    : (request.ratingScale ?? findScale(await observeRatings(connection), preset.hasFiveStars === true));
  await connection.run(`create temp table refused (field varchar, raw varchar, reason varchar);
    create temp table slugs (raw varchar, id varchar);
    create temp table erased (user_id varchar, erased_at bigint);
    create temp table archived (ordinal bigint)`);
  if (preset.hasTitlesAsIds) await slugifyTitles(connection);
  await refuseBadTexts(connection, preset);
  if (request.findErased) await leaveOutErased(connection, request.findErased);
  await connection.run(createView(preset, ratingScale, startedAt));
  const { taken, rows, skipped } = await countReasons(connection);
  return { preset, taken, rows, skipped: [...rejected, ...skipped], ratingScale };
}

function createStaged({ selects, preset, types }: StageRequest): string {
  const columns = [
    'user_id',
    'item_id',
    'type',
    'value',
    'time',
    ...(preset.isExport ? Object.values(EXPORT_COLUMNS) : []),
  ];
  const nothing = `select ${columns.map((name) => `null::varchar as ${name}`).join(', ')} where false`;
  const trimmed = (name: string) => `nullif(trim(${name}::varchar), '')`;
  // An export has the ids exactly as stored.
  const readId = preset.isExport ? trimmed : (name: string) => readNull(trimmed(name));
  return `create temp table staged as
    select ${readId('user_id')} as user_id, ${readId('item_id')} as item_id,
      ${mapType(trimmed('type'), types)} as type, ${parseNumber(trimmed('value'))} as value,
      ${parseTime(trimmed('time'))} as time
      ${
        preset.isExport
          ? Object.values(EXPORT_COLUMNS)
              .map((name) => `, ${readExportColumn(name)}`)
              .join('')
          : ''
      }
    from (${[nothing, ...selects].map((select) => `(${select})`).join(' union all by name ')})`;
}

const readExportColumn = (name: string): string =>
  name === 'received_at' || name === 'position' ? `try_cast(${name} as bigint) as ${name}` : name;

/** Files with a column of times have at least one. */
async function hasTimes(connection: DuckDBConnection): Promise<boolean> {
  return (await connection.runAndReadAll('select 1 from staged where time is not null limit 1')).currentRowCount > 0;
}

async function observeRatings(connection: DuckDBConnection): Promise<ObservedRatings | undefined> {
  const rows = await connection.runAndReadAll(
    `select min(value), max(value), count(*)::double, (count(*) filter (where value > ${RATING_MAX}))::double
     from staged where type = 'rate' and not isnan(value)`,
  );
  const [min, max, count, above] = rows.getRows()[0] as [number | null, number, number, number];
  return min === null ? undefined : { min, max, count, above };
}

/** Makes an id of each title. */
async function slugifyTitles(connection: DuckDBConnection): Promise<void> {
  const titles = await connection.stream('select distinct item_id from staged where item_id is not null');
  const named: [string, string | null][] = [];
  for await (const rows of titles.yieldRowsJs())
    for (const [title] of rows) named.push([title as string, slugify(title as string) ?? null]);
  await insertRows(connection, 'slugs', named);
}

async function leaveOutErased(
  connection: DuckDBConnection,
  findErased: NonNullable<StageRequest['findErased']>,
): Promise<void> {
  const users = await connection.stream('select distinct user_id from staged where user_id is not null');
  const erased: [string, string][] = [];
  for await (const rows of users.yieldRowsJs()) {
    const found = await findErased(rows.map(([userId]) => userId as string));
    for (const [userId, erasedAt] of found) erased.push([userId, String(erasedAt)]);
  }
  await insertRows(connection, 'erased', erased);
}

/** Asks the contract about each text that is unusual. */
async function refuseBadTexts(connection: DuckDBConnection, { isExport, hasTitlesAsIds }: Preset): Promise<void> {
  const { query, recommendationId } = EventInput.shape;
  const { platform, country, locale } = EventContext.shape;
  const checked = {
    user_id: Id,
    ...(hasTitlesAsIds ? {} : { item_id: Id }),
    ...(isExport ? { id: Id, query, recommendation_id: recommendationId, platform, country, locale } : {}),
  };
  for (const [column, schema] of Object.entries(checked)) {
    const isUsual = column.endsWith('id') ? isPlainId(column) : 'false';
    const found = await connection.stream(
      `select distinct ${column} from staged where ${column} is not null and not ${isUsual}`,
    );
    const field = column === 'id' ? column : column.replace(/_id$/, 'Id').replace('recommendation_', 'recommendation');
    const refused: [string, string, string][] = [];
    for await (const rows of found.yieldRowsJs())
      for (const [raw] of rows) {
        const parsed = schema.safeParse(raw);
        if (!parsed.success) refused.push([column, raw as string, `${field}: ${parsed.error.issues[0]!.message}`]);
      }
    await insertRows(connection, 'refused', refused);
  }
}

async function insertRows(
  connection: DuckDBConnection,
  table: string,
  rows: readonly (string | null)[][],
): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
    const part = rows.slice(from, from + ROWS_PER_STATEMENT);
    const columns = part[0]!.map((_, index) => `row[${index + 1}]`).join(', ');
    await connection.run(
      `insert into ${table} select ${columns} from (select unnest(from_json($1::json, '[["VARCHAR"]]')) as row)`,
      [JSON.stringify(part)],
    );
  }
}

function createView(preset: Preset, scale: RatingScale, startedAt: number): string {
  const columns = ['user_id', ...(preset.hasTitlesAsIds ? [] : ['item_id'])];
  if (preset.isExport) columns.push('id', 'query', 'recommendation_id', 'platform', 'country', 'locale');
  const reasons = columns.map((column) => `refused_${column}.reason`);
  const joins = columns.map(
    (column) => `left join refused as refused_${column}
      on refused_${column}.field = '${column}' and refused_${column}.raw = explained.${column}`,
  );
  const [item, noItem] = preset.hasTitlesAsIds
    ? ['slugs.id', ", if(slugs.id is null, 'title: has no letters or digits', null)"]
    : ['explained.item_id', ''];
  // A clock that is ahead moves no event beyond its reception.
  const receivedAt = preset.isExport ? `coalesce(explained.received_at, ${startedAt}), ${startedAt}` : startedAt;
  const isErased = preset.isUntimed
    ? 'erased.user_id is not null'
    : `coalesce(erased.erased_at >= least(explained.time, ${receivedAt}), false)`;
  return `create temp view events as
    with rated as (
      select rowid as ordinal, * replace (if(type = 'rate', ${scaleRating('value', scale)}, value) as value) from staged
    ), explained as (select *, ${explainEvent(startedAt, preset.isUntimed === true)} as explanation from rated)
    select explained.* replace (${item} as item_id), explained.item_id as item_name,
      ${preset.isExport ? '' : `${digestContent(preset)} as id,`}
      coalesce(explanation, ${reasons.join(', ')}${noItem}) as reason, ${isErased} as is_erased
    from explained left join erased on erased.user_id = explained.user_id
     ${preset.hasTitlesAsIds ? 'left join slugs on slugs.raw = explained.item_id' : ''}
    ${joins.join(' ')}`;
}

/** An event's id is a hash of its content: the same event, read again from any file, is not written again. */
function digestContent({ isUntimed }: Preset): string {
  const parts = ['user_id', 'item_id', 'type', 'value', ...(isUntimed ? [] : ['time'])];
  const texts = parts.map((part) => `coalesce(explained.${part}::varchar, '')`);
  return `substr(md5(concat_ws(chr(31), ${texts.join(', ')})), 1, ${ID_LENGTH})`;
}

async function countReasons(connection: DuckDBConnection): Promise<Pick<StagedEvents, 'taken' | 'rows' | 'skipped'>> {
  const counted = await connection.runAndReadAll(
    `select reason, count(*) as rows, count(*) filter (not is_erased) as n,
       arg_min(ordinal, ordinal, ${EXAMPLES_MAX}) filter (not is_erased) as ordinals
     from events group by reason order by n desc`,
  );
  let [taken, rows] = [0, 0];
  const skipped: Skipped[] = [];
  for (const { reason, rows: all, n, ordinals } of counted.getRowObjectsJS()) {
    if (reason === null) [taken, rows] = [Number(n), Number(all)];
    else if (Number(n) > 0)
      skipped.push({
        reason: String(reason),
        count: Number(n),
        examples: (ordinals as bigint[]).map((ordinal) => `row ${Number(ordinal) + 1}`),
      });
  }
  return { taken, rows, skipped: joinRareReasons(skipped) };
}

/** Joins all reasons beyond the first ones, each of which may be a word of the file, into one. */
function joinRareReasons(skipped: readonly Skipped[]): Skipped[] {
  const rare = skipped.slice(REASONS_MAX);
  if (rare.length === 0) return [...skipped];
  const joined = {
    reason: `for ${rare.length.toLocaleString('en')} other reasons`,
    count: rare.reduce((sum, { count }) => sum + count, 0),
    examples: rare.flatMap(({ examples }) => examples).slice(0, EXAMPLES_MAX),
  };
  return [...skipped.slice(0, REASONS_MAX), joined];
}

/** Made-up times are an hour apart, a player's last at the start of the import. */
const timed = ({ isUntimed }: Preset, startedAt: number): string =>
  isUntimed
    ? `select * replace (${startedAt} - ${HOUR_MS} * (
        row_number() over (partition by user_id order by ordinal desc) - 1) as time) from events where reason is null`
    : 'select * from events where reason is null';

/** Fields of the rows of `readLogRows`, in their order. */
export const listLogFields = ({ isExport }: Preset) => [
  ...(['id', 'userId', 'type', 'itemId', 'value', 'timestamp'] as const),
  ...(isExport ? EXPORT_FIELDS : []),
];
const EXPORT_FIELDS = (Object.keys(EXPORT_COLUMNS) as (keyof typeof EXPORT_COLUMNS)[]).filter((name) => name !== 'id');

/**
 * Streams the events that can be imported, each as a JSON array. They are ordered by user and time, so that the log's
 * index by user grows at its end; `offset` rows are left out. A row of an erased player, or one that R2 holds, is
 * null, so that neither an erasure nor an export shifts another row.
 */
export async function* readLogRows(
  connection: DuckDBConnection,
  preset: Preset,
  startedAt: number,
  offset: number,
  limit: number,
): AsyncGenerator<readonly (string | null)[]> {
  const extra = preset.isExport ? EXPORT_FIELDS.map((name) => `, ${readExportField(name, startedAt)}`).join('') : '';
  const result = await connection.stream(
    `select if(is_erased or archived.ordinal is not null, null,
       json_array(id, user_id, type, item_id, value, time${extra})::varchar)
     from (${timed(preset, startedAt)}) as rows left join archived on archived.ordinal = rows.ordinal
     order by user_id, time, rows.ordinal limit ${limit} offset ${offset}`,
  );
  for await (const chunk of result) yield chunk.getColumnValues(0) as (string | null)[];
}

const readExportField = (name: keyof typeof EXPORT_COLUMNS, startedAt: number): string =>
  name === 'receivedAt' ? `coalesce(received_at, ${startedAt})` : EXPORT_COLUMNS[name];

/** An event as far as training reads it. */
export interface StagedInteraction {
  userId: string;
  itemId: string;
  type: EventType;
  value: number | null;
  timestamp: number;
}

/** Streams the events that have an item, player by player, in the order of time. */
export async function* readInteractions(
  connection: DuckDBConnection,
  preset: Preset,
  startedAt: number,
): AsyncGenerator<StagedInteraction> {
  const result = await connection.stream(
    `select user_id, item_id, type, value, time::double from (${timed(preset, startedAt)})
     where item_id is not null and not is_erased order by user_id, time, ordinal`,
  );
  for await (const chunk of result) {
    const [userIds, itemIds, types, values, times] = chunk.getColumns();
    for (let row = 0; row < chunk.rowCount; row++)
      yield {
        userId: userIds![row] as string,
        itemId: itemIds![row] as string,
        type: types![row] as EventType,
        value: values![row] as number | null,
        timestamp: times![row] as number,
      };
  }
}

/** The items of the events that can be taken, with the names that the files give them. */
export async function* readEventItems(
  connection: DuckDBConnection,
): AsyncGenerator<{ itemId: string; name: string }[]> {
  const result = await connection.stream(
    `select item_id, arg_min(item_name, ordinal) as name from events
     where reason is null and item_id is not null and not is_erased group by item_id order by min(ordinal)`,
  );
  for await (const rows of result.yieldRowsJs())
    yield rows.map(([itemId, name]) => ({ itemId: itemId as string, name: name as string }));
}

/** The players of the first `limit` rows of `readLogRows`, and when each was last seen. */
export async function* readLastSeen(
  connection: DuckDBConnection,
  preset: Preset,
  startedAt: number,
  limit: number,
): AsyncGenerator<{ userId: string; lastEventAt: number }[]> {
  const result = await connection.stream(
    `select user_id, max(time)::double from (
       select user_id, time, is_erased from (${timed(preset, startedAt)})
       order by user_id, time, ordinal limit ${limit}
     ) where not is_erased group by user_id order by user_id`,
  );
  for await (const rows of result.yieldRowsJs())
    yield rows.map(([userId, lastEventAt]) => ({ userId: userId as string, lastEventAt: lastEventAt as number }));
}
