// Finds the format of the named files and which of them are interactions and catalogues. Reads no row.

import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { EVENT_TYPES } from '../../models/contracts/event.ts';
import { assertGuessIsClear, type ColumnMap, findCustomShape, listColumns } from './custom-shape.ts';
import { findFiles } from './find-files.ts';
import { FORMATS, type Format, getPreset } from './formats.ts';
import { assertNoPartIgnored } from './ignored-parts.ts';
import { describeFile, describeHeader, type FileDescription, type Match, matchShape } from './match-shape.ts';
import { CATALOGUE_SHAPE, HEADER_LINE } from './own-columns.ts';
import type { FileShape, Preset } from './presets.ts';
import { type Encoding, readHead } from './source-file.ts';

/** Files that are described when nothing fits. */
const DESCRIBED_MAX = 5;

export interface SourceRequest {
  /** Recognised if it is left out. */
  format?: Format | undefined;
  /** A file, a folder or a glob. */
  path: string;
  /** A catalogue in place of the one beside the interactions. */
  itemsPath?: string | undefined;
  columns?: ColumnMap | undefined;
  encoding?: Encoding | undefined;
}

export interface Recognised {
  format: Format;
  preset: Preset;
  events: readonly Match[];
  items: readonly Match[];
  /** Files of a folder or glob that are neither. */
  ignored: readonly string[];
}

/** Throws if there is no such file, or none or several formats fit. */
export async function recognise(connection: DuckDBConnection, request: SourceRequest): Promise<Recognised> {
  const { files, beside } = findFiles(request.path);
  const unreadable = new Map<string, Error>();
  const described = await describeAll(connection, files, request.encoding, (file, error) => {
    if (files.length === 1) throw error;
    unreadable.set(file, error);
  });
  const fitting = (request.format === undefined ? FORMATS : [request.format])
    .map((format) => ({ format, matches: matchFormat(described, format, request.columns) }))
    .filter(({ matches }) => matches.length > 0);
  const [best, second] = dropWeaker(fitting);
  if (best === undefined) throw new Error(explainMismatch(request, described));
  if (second !== undefined)
    throw new Error(
      `the format is unclear: ${fitting.map(({ format }) => format).join(', ')} fit; name one with --format`,
    );
  const { format, matches } = best;
  if (format === 'csv' && request.columns === undefined) assertGuessIsClear(matches);
  const preset = getPreset(format);
  const events = matches.filter(({ shape }) => shape.gives === 'events');
  const items =
    request.itemsPath === undefined
      ? [
          ...matches.filter(({ shape }) => shape.gives === 'items'),
          ...(await findCataloguesBeside(connection, preset, request, files[0]!, beside)),
        ]
      : await findCatalogue(connection, preset, request.itemsPath, request.encoding);
  assertNoPartIgnored(matches, described, unreadable);
  const used = new Set([...events, ...items].map(({ head }) => head.path));
  return { format, preset, events, items, ignored: files.filter((file) => !used.has(file)) };
}

async function describeAll(
  connection: DuckDBConnection,
  files: readonly string[],
  encoding: Encoding | undefined,
  onError: (file: string, error: Error) => void,
): Promise<FileDescription[]> {
  const described: FileDescription[] = [];
  for (const file of files) {
    try {
      described.push(await describeFile(connection, await readHead(file, encoding)));
    } catch (error) {
      onError(file, error as Error);
    }
  }
  return described;
}

function matchFormat(files: readonly FileDescription[], format: Format, columns: ColumnMap | undefined): Match[] {
  if (format !== 'csv') return matchShapes(files, getPreset(format).shapes);
  return files.flatMap((file) => {
    const shape = findCustomShape(file, columns, EVENT_TYPES);
    return (shape && matchShape(file, shape)) ?? [];
  });
}

const matchShapes = (files: readonly FileDescription[], shapes: readonly FileShape[]): Match[] =>
  files.flatMap((file) => shapes.flatMap((shape) => matchShape(file, shape) ?? []));

/**
 * A preset that knows the header beats the usual names of columns, and any header beats “user item” lines, which many
 * headers look like. Interactions beat a catalogue alone.
 */
function dropWeaker<T extends { format: Format; matches: readonly Match[] }>(fitting: readonly T[]): readonly T[] {
  const withEvents = fitting.filter(({ matches }) => matches.some(({ shape }) => shape.gives === 'events'));
  const candidates = withEvents.length > 0 ? withEvents : fitting;
  const known = candidates.filter(({ format }) => format !== 'csv' && format !== 'sequences');
  if (known.length > 0) return known;
  const custom = candidates.filter(({ format }) => format === 'csv');
  return custom.length > 0 ? custom : candidates;
}

async function findCataloguesBeside(
  connection: DuckDBConnection,
  preset: Preset,
  { encoding }: SourceRequest,
  file: string,
  beside: readonly string[],
): Promise<Match[]> {
  const stem = (name: string) => path.basename(name).split('.')[0]!;
  const candidates = preset.hasCataloguesByName ? beside.filter((name) => stem(name) === stem(file)) : beside;
  const shapes = preset.shapes.filter(({ gives, columns }) => gives === 'items' && columns.length > 1);
  const own = preset.hasCataloguesByName ? preset.shapes.filter(({ gives }) => gives === 'items') : shapes;
  // An export or an event stream holds its own items; its neighbours are other exports.
  const isStream = own.some(({ columns }) => preset.shapes.some((shape) => isSameEvents(shape, columns)));
  if (isStream || own.length === 0) return [];
  return matchShapes(await describeAll(connection, candidates, encoding, () => {}), own);
}

const isSameEvents = ({ gives, columns }: FileShape, itemColumns: readonly string[]): boolean =>
  gives === 'events' && columns.join() === itemColumns.join();

async function findCatalogue(
  connection: DuckDBConnection,
  preset: Preset,
  itemsPath: string,
  encoding: Encoding | undefined,
): Promise<Match[]> {
  const { files } = findFiles(itemsPath);
  const described = await describeAll(connection, files, encoding, (_, error) => {
    throw error;
  });
  const own = matchShapes(
    described,
    preset.shapes.filter(({ gives }) => gives === 'items'),
  );
  if (own.length > 0) return own;
  const matches = described.flatMap((file) => {
    const names = new Set(file.headers.flatMap((header) => header.names.map((name) => name.toLowerCase())));
    const find = (candidates: readonly string[]) => candidates.filter((name) => names.has(name.toLowerCase()));
    const [title] = find(CATALOGUE_SHAPE.titles);
    const [id] = find(CATALOGUE_SHAPE.ids);
    const required = preset.hasTitlesAsIds ? [title] : [id];
    if (required.some((name) => name === undefined)) return [];
    const shape: FileShape = {
      gives: 'items',
      columns: required as string[],
      optional: CATALOGUE_SHAPE.names.filter((name) => !required.includes(name)),
      select: `${CATALOGUE_SHAPE.select} from file`,
    };
    return matchShape(file, shape) ?? [];
  });
  if (matches.length === 0)
    throw new Error(
      `the catalogue needs a column itemId, item, app_id or id, and title or name.\n${described
        .slice(0, DESCRIBED_MAX)
        .map(describeHeader)
        .join('\n')}`,
    );
  return matches;
}

/** Describes the files of a format: their names, or their content if they may have any name. */
function describeFormat(format: Format): string {
  const { files, summary } = getPreset(format);
  return `${format} (${files === 'any' ? summary : files})`;
}

function explainMismatch({ format, columns, path: given }: SourceRequest, files: readonly FileDescription[]): string {
  const found = files.slice(0, DESCRIBED_MAX).map(describeHeader);
  if (files.length > DESCRIBED_MAX) found.push(`and ${files.length - DESCRIBED_MAX} more files`);
  const others = FORMATS.filter(
    (other) => other !== format && other !== 'sequences' && matchFormat(files, other, undefined).length > 0,
  );
  const hint = files.some(({ head }) => new RegExp(HEADER_LINE, 'i').test(head.lines[0] ?? ''))
    ? 'The first line looks like a header: for “user item” lines without one, remove it.'
    : others.length > 0
      ? `It looks like ${others.map((other) => `a ${other} file: --format ${other}`).join(', or ')}.`
      : 'For a table of another kind, say what its columns hold: ' +
        '--format csv --columns user=…,item=…[,time=…][,value=…][,type=…].';
  const wanted =
    columns !== undefined
      ? `no file has the columns ${listColumns(columns, EVENT_TYPES).join(', ')}`
      : format === undefined
        ? `${given} has no known format`
        : `${given} is not in the format ${describeFormat(format)}`;
  return [`${wanted}.`, 'Found:', ...found, hint].join('\n');
}
