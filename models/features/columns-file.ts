// The file of a whole catalogue: its columns, as arrays that are taken over without being read item by item. A line of
// JSON has the strings and the lengths of the arrays, which follow it. Writing: encode-columns.ts; reading:
// decode-columns.ts.

/** Increase it with every change of the file, of a column's meaning, and of what is derived from an item's text. */
export const COLUMNS_SCHEMA = 2;
/** “BSCF”, which is followed by the length of the line; both are 32-bit numbers. */
export const MAGIC = 0x46435342;
export const PREFIX_BYTES = 8;
export const ALIGNMENT = 8;

/** In the order of the file. */
const SECTIONS = {
  ageRatings: Int8Array,
  prices: Float64Array,
  releaseDays: Int32Array,
  developers: Int32Array,
  series: Int32Array,
  currencies: Int16Array,
  /** One of the two is empty. */
  labelCells: Uint16Array,
  wideLabelCells: Uint32Array,
  labelEnds: Uint32Array,
  genreEnds: Uint32Array,
  tagEnds: Uint32Array,
  platformEnds: Uint32Array,
  titleBytes: Uint8Array,
  titleEnds: Uint32Array,
  coverBytes: Uint8Array,
  coverEnds: Uint32Array,
  titleWords: Uint32Array,
  titleWordEnds: Uint32Array,
  seriesHashes: Float64Array,
  wordUnits: Uint16Array,
  wordEnds: Uint32Array,
  developerWords: Uint32Array,
  developerWordEnds: Uint32Array,
  labelWords: Uint32Array,
  labelWordEnds: Uint32Array,
  trigramCodes: Float64Array,
  trigramWords: Uint32Array,
  trigramEnds: Uint32Array,
};
export type SectionName = keyof typeof SECTIONS;
export type Sections = { [Name in SectionName]: InstanceType<(typeof SECTIONS)[Name]> };
export const SECTION_NAMES = Object.keys(SECTIONS) as SectionName[];

export interface ColumnsHeader {
  schema: number;
  /** In the order of SECTION_NAMES. */
  lengths: number[];
  ids: string[];
  labels: string[];
  developers: string[];
  currencies: string[];
}

export const align = (at: number): number => Math.ceil(at / ALIGNMENT) * ALIGNMENT;

/** Length of a file in bytes. `start`: end of the line. */
export function measureFile(start: number, lengths: readonly number[]): number {
  let end = start;
  for (const [n, name] of SECTION_NAMES.entries()) end = align(end) + lengths[n]! * SECTIONS[name].BYTES_PER_ELEMENT;
  return align(end);
}

/** The arrays in a file of the right length. */
export function viewSections(file: Uint8Array, start: number, lengths: readonly number[]): Sections {
  const views: Partial<Record<SectionName, ArrayBufferView>> = {};
  let at = start;
  for (const [n, name] of SECTION_NAMES.entries()) {
    const Type = SECTIONS[name];
    const length = lengths[n]!;
    at = align(at);
    views[name] = new Type(file.buffer as ArrayBuffer, file.byteOffset + at, length);
    at += length * Type.BYTES_PER_ELEMENT;
  }
  return views as Sections;
}
