// Reads a file of columns (columns-file.ts). A file that is cut off, of another kind or inconsistent is refused; that
// its bytes are those that were written is the caller's to check.

import { fail, ok, type Result } from '../contracts/result.ts';
import {
  ALIGNMENT,
  COLUMNS_SCHEMA,
  type ColumnsHeader,
  MAGIC,
  measureFile,
  PREFIX_BYTES,
  SECTION_NAMES,
  type SectionName,
  type Sections,
  viewSections,
} from './columns-file.ts';
import type { LabelCells } from './label-lists.ts';
import type { PackedColumns } from './packed-columns.ts';

/** The arrays are the file's own memory. An error says why the file is refused. */
export function decodeColumns(bytes: Uint8Array): Result<PackedColumns, string> {
  const file = bytes.byteOffset % ALIGNMENT === 0 ? bytes : bytes.slice();
  if (file.length < PREFIX_BYTES) return fail('it is cut off');
  const [magic, length] = new Uint32Array(file.buffer, file.byteOffset, 2) as unknown as [number, number];
  if (magic !== MAGIC) return fail('it is no file of columns');
  const start = PREFIX_BYTES + length;
  const header = start > file.length ? undefined : parseHeader(file.subarray(PREFIX_BYTES, start));
  if (header === undefined) return fail('its header is damaged');
  const { schema, lengths } = header;
  if (schema !== COLUMNS_SCHEMA) return fail(`it is of schema ${schema}, but this version reads ${COLUMNS_SCHEMA}`);
  if (measureFile(start, lengths) !== file.length) return fail('its length is not that of its columns');
  const sections = viewSections(file, start, lengths);
  const damaged = findDamage(header, sections);
  return damaged === undefined ? ok(toPackedColumns(header, sections)) : fail(`its ${damaged} are damaged`);
}

function parseHeader(line: Uint8Array): ColumnsHeader | undefined {
  try {
    const header: ColumnsHeader = JSON.parse(new TextDecoder().decode(line));
    const { schema, lengths, ids, labels, developers, currencies } = header;
    // The rest of another schema's is unknown.
    if (schema !== COLUMNS_SCHEMA) return typeof schema === 'number' ? header : undefined;
    const hasStrings = [ids, labels, developers, currencies].every(
      (list) => Array.isArray(list) && list.every((text) => typeof text === 'string'),
    );
    const hasLengths =
      lengths.length === SECTION_NAMES.length && lengths.every((one) => Number.isInteger(one) && one >= 0);
    return hasStrings && hasLengths ? header : undefined;
  } catch {
    return undefined;
  }
}

/** Cells and the ends of their lists. */
const LISTS = [
  ['titleBytes', 'titleEnds'],
  ['coverBytes', 'coverEnds'],
  ['titleWords', 'titleWordEnds'],
  ['wordUnits', 'wordEnds'],
  ['developerWords', 'developerWordEnds'],
  ['labelWords', 'labelWordEnds'],
  ['trigramWords', 'trigramEnds'],
] as const;
const BY_ITEM = [
  ...(['ageRatings', 'prices', 'releaseDays', 'developers', 'series', 'currencies'] as const),
  ...(['labelEnds', 'genreEnds', 'tagEnds', 'platformEnds', 'titleEnds', 'coverEnds', 'titleWordEnds'] as const),
] as const;

/** The first section that does not fit the others; undefined if all do. */
function findDamage(header: ColumnsHeader, sections: Sections): SectionName | undefined {
  const { ids, labels, developers, currencies } = header;
  const { developerWordEnds, labelWordEnds, seriesHashes, wordEnds } = sections;
  const words = wordEnds.length;
  if (developerWordEnds.length !== developers.length) return 'developerWordEnds';
  if (labelWordEnds.length !== labels.length) return 'labelWordEnds';
  if (sections.trigramCodes.length !== sections.trigramEnds.length) return 'trigramEnds';
  return (
    BY_ITEM.find((name) => sections[name].length !== ids.length) ??
    (isPartition(sections.labelEnds, readLabelCells(sections).length) ? undefined : 'labelEnds') ??
    LISTS.find(([cells, ends]) => !isPartition(sections[ends], sections[cells].length))?.[1] ??
    (areLabelParts(sections) ? undefined : 'genreEnds') ??
    (isAscending(sections.trigramCodes) ? undefined : 'trigramCodes') ??
    findOutside(sections, {
      developers: [-1, developers.length],
      series: [0, seriesHashes.length],
      currencies: [-1, currencies.length],
      labelCells: [0, labels.length],
      wideLabelCells: [0, labels.length],
      titleWords: [0, words],
      developerWords: [0, words],
      labelWords: [0, words],
      trigramWords: [0, words],
    })
  );
}

const readLabelCells = ({ labelCells, wideLabelCells }: Sections): LabelCells =>
  wideLabelCells.length > 0 ? wideLabelCells : labelCells;

function isPartition(ends: Uint32Array, length: number): boolean {
  let before = 0;
  for (const end of ends) {
    if (end < before) return false;
    before = end;
  }
  return before === length;
}

const isAscending = (codes: Float64Array): boolean => codes.every((code, at) => at === 0 || code > codes[at - 1]!);

function areLabelParts({ labelEnds, genreEnds, tagEnds, platformEnds }: Sections): boolean {
  for (let index = 0; index < labelEnds.length; index++) {
    const start = labelEnds[index - 1] ?? 0;
    const genreEnd = genreEnds[index]!;
    const tagEnd = tagEnds[index]!;
    const platformEnd = platformEnds[index]!;
    if (genreEnd < start || tagEnd < genreEnd || platformEnd < tagEnd || labelEnds[index]! < platformEnd) return false;
  }
  return true;
}

/** The first section with a number outside its range; undefined if there is none. */
function findOutside(
  sections: Sections,
  ranges: Partial<Record<SectionName, [least: number, end: number]>>,
): SectionName | undefined {
  return (Object.keys(ranges) as SectionName[]).find((name) => {
    const [least, end] = ranges[name]!;
    for (const number of sections[name]) if (number < least || number >= end) return true;
    return false;
  });
}

const toPackedColumns = (
  { ids, labels, developers, currencies }: ColumnsHeader,
  sections: Sections,
): PackedColumns => ({
  ids,
  ageRatings: sections.ageRatings,
  prices: sections.prices,
  releaseDays: sections.releaseDays,
  developers: sections.developers,
  series: sections.series,
  currencies: sections.currencies,
  labels: {
    cells: readLabelCells(sections),
    ends: sections.labelEnds,
    genreEnds: sections.genreEnds,
    tagEnds: sections.tagEnds,
    platformEnds: sections.platformEnds,
    table: labels,
  },
  titles: { cells: sections.titleBytes, ends: sections.titleEnds },
  coverUrls: { cells: sections.coverBytes, ends: sections.coverEnds },
  words: {
    table: { cells: sections.wordUnits, ends: sections.wordEnds },
    titles: { cells: sections.titleWords, ends: sections.titleWordEnds },
    developers: { cells: sections.developerWords, ends: sections.developerWordEnds },
    labels: { cells: sections.labelWords, ends: sections.labelWordEnds },
    trigrams: {
      count: sections.wordEnds.length,
      codes: sections.trigramCodes,
      words: sections.trigramWords,
      ends: sections.trigramEnds,
    },
  },
  developerTable: developers,
  seriesTable: sections.seriesHashes,
  currencyTable: currencies,
});
