// The shape of an event table that no preset knows: its columns are given with --columns or have usual names.

import path from 'node:path';
import { quoteName, quoteText } from '../duckdb/quote.ts';
import { type FileDescription, listUnread, type Match } from './match-shape.ts';
import { EVENT_NAMES, type EventColumn, HEADER_WORD } from './own-columns.ts';
import type { FileShape } from './presets.ts';

/** Columns of a file by what they hold. Names, or numbers from 1 for a file without a header. */
export type ColumnMap = Partial<Record<EventColumn, string>>;

/** Undefined if the file lacks the columns. `types`: our event types, which may be given in place of a column. */
export function findCustomShape(
  file: FileDescription,
  given: ColumnMap | undefined,
  types: readonly string[],
): FileShape | undefined {
  const isJson = file.head.kind === 'json';
  if (given === undefined) {
    for (const { names } of file.headers) {
      const columns = guessColumns(names);
      if (columns.user === undefined || columns.item === undefined) continue;
      return isJson ? guessKeys(columns) : buildShape(columns, names);
    }
    return undefined;
  }
  // A JSON key may first appear after the head. With a misspelt key for times, the events would have none.
  const { user, item, time, ...later } = given;
  const required = isJson ? { user, item, ...(time === undefined ? {} : { time }) } : given;
  const byName = file.headers.find(({ names }) => hasAll(names, required, types));
  if (byName !== undefined) {
    const late = isJson ? listMissing(later, byName.names, types) : [];
    return buildShape(given, [...byName.names, ...late], late);
  }
  return file.head.kind === 'text' ? numberColumns(file, given, types) : undefined;
}

function guessColumns(names: readonly string[]): ColumnMap {
  const known = new Map(names.map((name) => [name.toLowerCase(), name]));
  return Object.fromEntries(
    Object.entries(EVENT_NAMES).flatMap(([column, candidates]) => {
      const found = candidates.map((name) => known.get(name.toLowerCase())).find((name) => name !== undefined);
      return found === undefined ? [] : [[column, found]];
    }),
  );
}

/** JSON by the usual names, each of which may first appear in any row. `found`: the names in the head. */
function guessKeys(found: ColumnMap): FileShape {
  const columns = [found.user!, found.item!];
  const coalesce = (column: EventColumn, ...more: string[]) =>
    `coalesce(${[...EVENT_NAMES[column].map(quoteName), ...more].join(', ')}, null)`;
  const missingType = found.value === undefined ? `if(${coalesce('value')} is null, 'play', 'rate')` : "'rate'";
  return {
    gives: 'events',
    columns,
    optional: Object.values(EVENT_NAMES)
      .flat()
      .filter((name) => !includes(columns, name)),
    select: `select ${coalesce('user')} as user_id, ${coalesce('item')} as item_id,
      ${coalesce('type', ...(found.type === undefined ? [missingType] : []))} as type, ${coalesce('value')} as value,
      ${coalesce('time')} as time from file`,
  };
}

/**
 * Throws if there are columns besides the usual names, but none for a rating or an event type: one star or a dislike
 * would count as a play.
 */
export function assertGuessIsClear(matches: readonly Match[]): void {
  for (const match of matches) {
    const { value, type, ...columns } = guessColumns(match.names);
    const unread = listUnread([match]);
    if (value !== undefined || type !== undefined || unread.length === 0) continue;
    const known = Object.entries(columns).map(([column, name]) => `${column}=${name}`);
    throw new Error(
      `${path.basename(match.head.path)} has columns of no known name: ${unread.join(', ')}. None of its columns is ` +
        'known to hold a rating or an event type.\nName it with value=… or type=…, or write type=play if each row ' +
        `is a play:\n--format csv --columns ${known.join(',')},type=play`,
    );
  }
}

const isConstant = (column: string, name: string, types: readonly string[]) =>
  column === 'type' && types.includes(name);

/** The given columns other than constants. */
export const listColumns = (given: ColumnMap, types: readonly string[]): string[] =>
  Object.entries(given).flatMap(([column, name]) => (isConstant(column, name, types) ? [] : [name]));

const includes = (names: readonly string[], name: string) =>
  names.some((one) => one.toLowerCase() === name.toLowerCase());

const hasAll = (names: readonly string[], given: ColumnMap, types: readonly string[]): boolean =>
  Object.entries(given).every(([column, name]) => includes(names, name) || isConstant(column, name, types));

/** The given columns that are not among the names, other than constants. */
const listMissing = (given: ColumnMap, names: readonly string[], types: readonly string[]): string[] =>
  Object.entries(given).flatMap(([column, name]) =>
    includes(names, name) || isConstant(column, name, types) ? [] : [name],
  );

function buildShape(given: ColumnMap, names: readonly string[], optional: readonly string[] = []): FileShape {
  const { user, item, time, value, type } = given;
  const sql = (name: string | undefined) => (name === undefined ? 'null' : quoteName(name));
  const isColumn = type !== undefined && includes(names, type);
  const typeSql = isColumn ? quoteName(type) : quoteText(type ?? (value === undefined ? 'play' : 'rate'));
  return {
    gives: 'events',
    columns: Object.values(given).filter((name) => (name !== type || isColumn) && !optional.includes(name)),
    optional,
    select: `select ${sql(user)} as user_id, ${sql(item)} as item_id, ${typeSql} as type, ${sql(value)} as value,
      ${sql(time)} as time from file`,
  };
}

/** A file without a header, whose columns are given by number. Throws if its first line is a header. */
function numberColumns(file: FileDescription, given: ColumnMap, types: readonly string[]): FileShape | undefined {
  const header = file.headers.toSorted((a, b) => b.names.length - a.names.length)[0]!;
  const columns = header.names.map((_, index) => String(index + 1));
  if (!hasAll(columns, given, types)) return undefined;
  assertNoHeader(file, given, header.names);
  return {
    ...buildShape(given, columns),
    columns,
    headless: { delimiter: header.delimiter!, firstLine: /./ },
  };
}

function assertNoHeader({ head }: FileDescription, given: ColumnMap, names: readonly string[]): void {
  const nameOf = (column: string) => names[Number(column) - 1] ?? column;
  const isHeaderWord = (column: string) => new RegExp(`^${HEADER_WORD}$`, 'i').test(nameOf(column));
  if (!isHeaderWord(given.user!) || !isHeaderWord(given.item!)) return;
  const named = Object.entries(given).map(([column, number]) => `${column}=${nameOf(number)}`);
  throw new Error(
    `${path.basename(head.path)} begins with a header: name its columns, not their numbers, with ` +
      `--columns ${named.join(',')}`,
  );
}
