// Keeps the verdicts of tests that many players share, until the catalogue changes: most answers of a store have the
// same rules, platform and age limit, and their sources visit the same items.

import type { ItemColumns } from '../../models/features/item-columns.ts';
import type { Filter } from './filter.ts';

const UNKNOWN = 0;
const FALSE = 1;
const TRUE = 2;
/** A verdict takes a byte; the least recently read lists are dropped first. */
const KEPT_BYTES = 1 << 20;
/** Bounds the number of lists: callers choose genre, platform and age limit, and even a short list has a cost. */
const LIST_BYTES_MIN = 1 << 10;

interface Kept {
  changes: number;
  /** Lists of verdicts by item index, by the tests' keys. */
  verdicts: Map<string, Uint8Array>;
}
const keptOf = new WeakMap<ItemColumns, Kept>();

/** A test that applies to any item; tests with the same key have the same verdicts. */
interface SharedTest {
  key: string;
  matches(index: number): boolean;
}

/** Returns true for the items that match any of the tests; an item is tested once for all answers. */
export function shareTests(tests: readonly SharedTest[], columns: ItemColumns): (index: number) => boolean {
  const verdicts = readVerdicts(tests.map(({ key }) => key).join(), columns);
  return (index) => {
    if (verdicts[index] === UNKNOWN) verdicts[index] = matchesAny(tests, index) ? TRUE : FALSE;
    return verdicts[index] === TRUE;
  };
}

function matchesAny(tests: readonly SharedTest[], index: number): boolean {
  for (const { matches } of tests) if (matches(index)) return true;
  return false;
}

/** Returns filters that remove the same items; those with a key test an item once for all answers. */
export function shareVerdicts(filters: readonly Filter[], columns: ItemColumns): Pick<Filter, 'removes'>[] {
  const shared = filters.flatMap(({ key, removes }) => (key === undefined ? [] : [{ key, matches: removes }]));
  return [{ removes: shareTests(shared, columns) }, ...filters.filter(({ key }) => key === undefined)];
}

function readVerdicts(keys: string, columns: ItemColumns): Uint8Array {
  let kept = keptOf.get(columns);
  if (kept?.changes !== columns.changes) {
    kept = { changes: columns.changes, verdicts: new Map() };
    keptOf.set(columns, kept);
  }
  const { verdicts } = kept;
  const read = verdicts.get(keys) ?? new Uint8Array(columns.length);
  verdicts.delete(keys);
  const listBytes = Math.max(columns.length, LIST_BYTES_MIN);
  for (const oldest of verdicts.keys()) {
    if ((verdicts.size + 1) * listBytes <= KEPT_BYTES) break;
    verdicts.delete(oldest);
  }
  verdicts.set(keys, read);
  return read;
}
