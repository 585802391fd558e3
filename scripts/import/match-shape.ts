// Decides whether a file has a shape, by its header or its first line, and writes the SQL that reads it.

import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { quoteName, quotePath, quoteText } from '../duckdb/quote.ts';
import type { FileShape } from './presets.ts';
import type { Encoding, FileHead } from './source-file.ts';

const DELIMITERS = [',', '\t', ';', '|', '::'] as const;
const DELIMITER_NAMES: Record<string, string> = { ',': 'commas', '\t': 'tabs', ';': 'semicolons', '|': 'bars' };
const COLUMNS_SHOWN_MAX = 24;
/** Reviews with images in them are long. */
const LINE_BYTES_MAX = 16 * 1024 * 1024;
/** Two longest lines; DuckDB's default is sixteen of them for each thread. */
const BUFFER_BYTES = 2 * LINE_BYTES_MAX;
/** Maximum number of errors that DuckDB counts for a file, several per line. A file with as many is refused. */
export const REJECTS_MAX = 100_000;

/** A file with all that its head shows. */
export interface FileDescription {
  head: FileHead;
  /** Names of the columns if the first line is a header: for text, one list per delimiter. */
  headers: readonly { delimiter: string | undefined; names: readonly string[] }[];
}

/** Text files have as many possible headers as there are delimiters in the first line. */
export async function describeFile(connection: DuckDBConnection, head: FileHead): Promise<FileDescription> {
  if (head.kind === 'parquet') {
    const rows = await connection.runAndReadAll(
      `select column_name from (describe from read_parquet(${quotePath(head.path)}))`,
    );
    return { head, headers: [{ delimiter: undefined, names: rows.getRows().map(([name]) => String(name)) }] };
  }
  if (head.kind === 'json') return { head, headers: [{ delimiter: undefined, names: listKeys(head.lines) }] };
  const [first = ''] = head.lines;
  const headers = DELIMITERS.filter((delimiter) => first.includes(delimiter)).map((delimiter) => ({
    delimiter,
    names: splitFields(first, delimiter),
  }));
  return { head, headers: headers.length > 0 ? headers : [{ delimiter: ',', names: [first.trim()] }] };
}

/** The keys of the objects in the first lines; of an array spread over lines, none can be told but what matches. */
function listKeys(lines: readonly string[]): string[] {
  const keys = new Set<string>();
  for (const line of lines) {
    try {
      const value: unknown = JSON.parse(line);
      const objects = Array.isArray(value) ? value : [value];
      for (const object of objects) if (isRecord(object)) for (const key of Object.keys(object)) keys.add(key);
    } catch {
      for (const [, key] of line.matchAll(/"([^"\\]+)"\s*:/g)) keys.add(key!);
    }
  }
  return [...keys];
}

const isRecord = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** Fields of one line; enough for a header and for counting, since DuckDB reads the rows. */
export function splitFields(line: string, delimiter: string): string[] {
  if (!line.includes('"')) return line.split(delimiter).map((field) => field.trim());
  const fields: string[] = [];
  let quoted = false;
  let field = '';
  for (let at = 0; at < line.length; at++) {
    if (line[at] === '"') quoted = !quoted;
    else if (!quoted && line.startsWith(delimiter, at)) {
      fields.push(field.trim());
      field = '';
      at += delimiter.length - 1;
    } else field += line[at];
  }
  return [...fields, field.trim()];
}

/** A file that has a shape. */
export interface Match {
  head: FileHead;
  shape: FileShape;
  delimiter: string | undefined;
  /** All columns of the file, in its order. */
  names: readonly string[];
  hasHeader: boolean;
}

export function matchShape({ head, headers }: FileDescription, shape: FileShape): Match | undefined {
  const { headless } = shape;
  if (headless !== undefined) {
    const [first = ''] = head.lines;
    if (head.kind !== 'text' || !headless.firstLine.test(first)) return undefined;
    const all = [...shape.columns, ...(shape.optional ?? [])];
    const count =
      shape.quoted === false ? first.split(headless.delimiter).length : splitFields(first, headless.delimiter).length;
    if (count < shape.columns.length || count > all.length) return undefined;
    return { head, shape, delimiter: headless.delimiter, names: all.slice(0, count), hasHeader: false };
  }
  for (const { delimiter, names } of headers) {
    const known = new Set(names.map((name) => name.toLowerCase()));
    if (shape.columns.every((name) => known.has(name.toLowerCase())))
      return { head, shape, delimiter, names, hasHeader: true };
  }
  return undefined;
}

/** SQL: the rows of a file in our names. `encoding`: that of the whole file. */
export function selectRows({ head, shape, delimiter, names, hasHeader }: Match, encoding: Encoding): string {
  const lower = new Map(names.map((name) => [name.toLowerCase(), name]));
  const read = [...shape.columns, ...(shape.optional ?? [])].map((wanted) => ({
    wanted,
    // A JSON key may first appear after the head; a key that never appears is null.
    name: lower.get(wanted.toLowerCase()) ?? (head.kind === 'json' ? wanted : undefined),
  }));
  const columns = read.map(({ wanted, name }) =>
    name === undefined ? `null::varchar as ${quoteName(wanted)}` : `${readColumn(head, name)} as ${quoteName(wanted)}`,
  );
  const reader =
    head.kind === 'text'
      ? readText(head, shape, delimiter!, names, hasHeader, encoding)
      : head.kind === 'json'
        ? readJson(head, [...new Set(read.map(({ name }) => name!))])
        : `read_parquet(${quotePath(head.path)})`;
  return `with file as (select ${columns.join(', ')} from ${reader}) ${shape.select}`;
}

/** The columns of a file that no shape reads. */
export function listUnread(matches: readonly Match[]): string[] {
  const wanted = matches.flatMap(({ shape }) => [...shape.columns, ...(shape.optional ?? [])]);
  const read = new Set(wanted.map((name) => name.toLowerCase()));
  return matches[0]!.names.filter((name) => name !== '' && !read.has(name.toLowerCase()));
}

/** Lists and structs of Parquet become JSON; everything else is its text. */
const readColumn = ({ kind }: FileHead, name: string): string =>
  kind === 'parquet'
    ? `if(starts_with(typeof(${quoteName(name)}), 'STRUCT') or ends_with(typeof(${quoteName(name)}), ']'),
        to_json(${quoteName(name)})::varchar, ${quoteName(name)}::varchar)`
    : quoteName(name);

function readText(
  head: FileHead,
  { quoted }: FileShape,
  delimiter: string,
  names: readonly string[],
  hasHeader: boolean,
  encoding: Encoding,
): string {
  const unique = nameUniquely(names);
  const quote = quoted === false ? '' : '"';
  return `read_csv(${quotePath(head.path)}, auto_detect = false, delim = ${quoteText(delimiter)}, header = ${hasHeader},
    quote = ${quoteText(quote)}, escape = ${quoteText(quote)}, encoding = ${quoteText(encoding)},
    compression = ${quoteText(head.compression)}, max_line_size = ${LINE_BYTES_MAX},
    buffer_size = ${BUFFER_BYTES}, columns = {${unique.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ')}},
    store_rejects = true, rejects_limit = ${REJECTS_MAX})`;
}

/** Renames repeated and empty names to unused ones. */
function nameUniquely(names: readonly string[]): string[] {
  const taken = new Set(names.map((name) => name.toLowerCase()));
  const seen = new Set<string>(['']);
  return names.map((name, index) => {
    const lower = name.toLowerCase();
    if (!seen.has(lower)) {
      seen.add(lower);
      return name;
    }
    let unique = `column ${index + 1}`;
    while (taken.has(unique)) unique += '’';
    taken.add(unique);
    return unique;
  });
}

/** Numbers as text keep every digit. */
function readJson({ path: file, compression, lines }: FileHead, names: readonly string[]): string {
  const isArray = /^\s*\[/.test(lines[0]!);
  return `read_json(${quotePath(file)}, format = '${isArray ? 'array' : 'newline_delimited'}',
    compression = ${quoteText(compression === 'none' ? 'uncompressed' : compression)},
    maximum_object_size = ${LINE_BYTES_MAX}, ignore_errors = ${!isArray},
    columns = {${names.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ')}})`;
}

/** Describes a file for people: its name, encoding and columns. */
export function describeHeader({ head, headers }: FileDescription): string {
  const name = path.basename(head.path);
  const encoding = head.encoding === 'utf-8' ? '' : `${head.encoding.toUpperCase()}, `;
  const best = headers.toSorted((a, b) => b.names.length - a.names.length)[0];
  if (best === undefined || head.lines.length + best.names.length === 0) return `${name}: ${encoding}empty`;
  const shown = best.names.slice(0, COLUMNS_SHOWN_MAX).map((column) => `“${column.slice(0, 40)}”`);
  const more = best.names.length > shown.length ? ', …' : '';
  const kind =
    head.kind === 'parquet'
      ? 'Parquet'
      : head.kind === 'json'
        ? 'JSON'
        : best.names.length === 1
          ? 'one column'
          : `text separated by ${DELIMITER_NAMES[best.delimiter!] ?? best.delimiter}`;
  return `${name}: ${encoding}${kind}, first line ${shown.join(', ')}${more}`;
}
