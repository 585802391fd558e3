// The shape of an event table that no preset knows: its columns are given with --columns or have usual names.

import { quoteName, quoteText } from '../duckdb/quote.ts';
import type { FileDescription } from './match-shape.ts';
import { EVENT_NAMES, type EventColumn } from './own-columns.ts';
import type { FileShape } from './presets.ts';

/** Columns of a file by what they hold. Names, or numbers from 1 for a file without a header. */
export type ColumnMap = Partial<Record<EventColumn, string>>;

/** Undefined if the file lacks the columns. `types`: our event types, which may be given in place of a column. */
export function findCustomShape(
  file: FileDescription,
  given: ColumnMap | undefined,
  types: readonly string[],
): FileShape | undefined {
  if (given === undefined) {
    for (const { names } of file.headers) {
      const columns = guessColumns(names);
      if (columns.user !== undefined && columns.item !== undefined) return buildShape(columns, names);
    }
    return undefined;
  }
  const byName = file.headers.find(({ names }) => hasAll(names, given, types));
  if (byName !== undefined) return buildShape(given, byName.names);
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

const isConstant = (column: string, name: string, types: readonly string[]) =>
  column === 'type' && types.includes(name);
const includes = (names: readonly string[], name: string) =>
  names.some((one) => one.toLowerCase() === name.toLowerCase());

const hasAll = (names: readonly string[], given: ColumnMap, types: readonly string[]): boolean =>
  Object.entries(given).every(([column, name]) => includes(names, name) || isConstant(column, name, types));

function buildShape(given: ColumnMap, names: readonly string[]): FileShape {
  const { user, item, time, value, type } = given;
  const sql = (name: string | undefined) => (name === undefined ? 'null' : quoteName(name));
  const isColumn = type !== undefined && includes(names, type);
  const typeSql = isColumn ? quoteName(type) : quoteText(type ?? (value === undefined ? 'play' : 'rate'));
  return {
    gives: 'events',
    columns: Object.values(given).filter((name) => name !== type || isColumn),
    select: `select ${sql(user)} as user_id, ${sql(item)} as item_id, ${typeSql} as type, ${sql(value)} as value,
      ${sql(time)} as time from file`,
  };
}

/** A file without a header, whose columns are given by number. */
function numberColumns(file: FileDescription, given: ColumnMap, types: readonly string[]): FileShape | undefined {
  const header = file.headers.toSorted((a, b) => b.names.length - a.names.length)[0]!;
  const columns = header.names.map((_, index) => String(index + 1));
  if (!hasAll(columns, given, types)) return undefined;
  return {
    ...buildShape(given, columns),
    columns,
    headless: { delimiter: header.delimiter!, firstLine: /./ },
  };
}
