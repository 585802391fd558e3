// Writes columns as a file (columns-file.ts). The file is the only copy that it makes: the isolate that writes serves,
// too, and has no memory for more.

import {
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
import type { ItemColumns } from './item-columns.ts';
import type { LabelLists } from './label-lists.ts';
import type { Cells, PackedLists } from './packed-lists.ts';
import { indexTrigrams, type TrigramIndex } from './trigram-index.ts';

/** `order`: indexes of the items to write, which get the indexes 0, 1, … in the file. */
export function encodeColumns(columns: ItemColumns, order: Int32Array): Uint8Array<ArrayBuffer> {
  const { ids, labels, developerTable, currencyTable, words } = columns;
  const trigrams = indexTrigrams(words.table.units, words.table.length);
  const lengths = measureSections(columns, order, trigrams);
  const line = new TextEncoder().encode(
    JSON.stringify({
      schema: COLUMNS_SCHEMA,
      lengths,
      ids: Array.from(order, (index) => ids[index]!),
      labels: labels.table.strings,
      developers: developerTable.strings,
      currencies: currencyTable.strings,
    } satisfies ColumnsHeader),
  );
  const start = PREFIX_BYTES + line.length;
  const file = new Uint8Array(measureFile(start, lengths));
  new Uint32Array(file.buffer, 0, 2).set([MAGIC, line.length]);
  file.set(line, PREFIX_BYTES);
  const sections = viewSections(file, start, lengths);
  fillSections(columns, order, sections);
  sections.trigramCodes.set(trigrams.codes);
  sections.trigramWords.set(trigrams.words);
  sections.trigramEnds.set(trigrams.ends);
  return file;
}

function measureSections(columns: ItemColumns, order: Int32Array, trigrams: TrigramIndex): number[] {
  const { labels, titles, coverUrls, words, seriesTable, developerTable } = columns;
  const others: Partial<Record<SectionName, number>> = {
    labelCells: 0,
    wideLabelCells: 0,
    [nameLabelCells(labels)]: measureAll(labels, order),
    titleBytes: measureAll(titles.bytes, order),
    coverBytes: measureAll(coverUrls.bytes, order),
    titleWords: measureAll(words.titles, order),
    seriesHashes: seriesTable.length,
    wordUnits: measureFirst(words.table.units, words.table.length),
    wordEnds: words.table.length,
    developerWords: measureFirst(words.developers, developerTable.length),
    developerWordEnds: developerTable.length,
    labelWords: measureFirst(words.labels, labels.table.length),
    labelWordEnds: labels.table.length,
    trigramCodes: trigrams.codes.length,
    trigramWords: trigrams.words.length,
    trigramEnds: trigrams.ends.length,
  };
  return SECTION_NAMES.map((name) => others[name] ?? order.length);
}

const nameLabelCells = ({ cells }: LabelLists): 'labelCells' | 'wideLabelCells' =>
  cells instanceof Uint16Array ? 'labelCells' : 'wideLabelCells';

function measureAll({ starts, ends }: PackedLists<Cells>, order: Int32Array): number {
  let sum = 0;
  for (const index of order) sum += ends[index]! - starts[index]!;
  return sum;
}

/** Lists of a table were written once, in order, and have no gaps. */
const measureFirst = ({ ends }: PackedLists<Cells>, count: number): number => (count === 0 ? 0 : ends[count - 1]!);

function fillSections(columns: ItemColumns, order: Int32Array, to: Sections): void {
  const { labels, titles, coverUrls, words, seriesTable } = columns;
  for (const name of ['ageRatings', 'prices', 'releaseDays', 'developers', 'series', 'currencies'] as const)
    for (let at = 0; at < order.length; at++) to[name][at] = columns[name][order[at]!]!;
  gather(labels, order, to[nameLabelCells(labels)], to.labelEnds);
  for (const name of ['genreEnds', 'tagEnds', 'platformEnds'] as const)
    for (let at = 0; at < order.length; at++)
      to[name][at] = (to.labelEnds[at - 1] ?? 0) + labels[name][order[at]!]! - labels.starts[order[at]!]!;
  gather(titles.bytes, order, to.titleBytes, to.titleEnds);
  gather(coverUrls.bytes, order, to.coverBytes, to.coverEnds);
  gather(words.titles, order, to.titleWords, to.titleWordEnds);
  to.seriesHashes.set(seriesTable.hashes.subarray(0, seriesTable.length));
  copyFirst(words.table.units, to.wordUnits, to.wordEnds);
  copyFirst(words.developers, to.developerWords, to.developerWordEnds);
  copyFirst(words.labels, to.labelWords, to.labelWordEnds);
}

function gather(lists: PackedLists<Cells>, order: Int32Array, cells: Cells, ends: Uint32Array): void {
  let end = 0;
  for (let at = 0; at < order.length; at++) {
    const stop = lists.ends[order[at]!]!;
    for (let cell = lists.starts[order[at]!]!; cell < stop; cell++) cells[end++] = lists.cells[cell]!;
    ends[at] = end;
  }
}

function copyFirst(lists: PackedLists<Cells>, cells: Cells, ends: Uint32Array): void {
  cells.set(lists.cells.subarray(0, cells.length));
  ends.set(lists.ends.subarray(0, ends.length));
}
