// Keeps the verdicts of filters that many players share, until the catalogue changes: most answers of a store have the
// same rules, platform and age limit, and their sources visit the same items.

import type { ItemColumns } from '../../models/features/item-columns.ts';
import { type Filter, removes } from './filter.ts';

const UNKNOWN = 0;
const PASSED = 1;
const REMOVED = 2;
/** A verdict takes a byte; the least recently read lists are dropped first. */
const KEPT_BYTES = 1 << 20;
/** Bounds the number of lists: callers choose genre, platform and age limit, and even a short list has a cost. */
const LIST_BYTES_MIN = 1 << 10;

interface Kept {
  changes: number;
  /** Lists of verdicts by item index, by the filters' keys. */
  verdicts: Map<string, Uint8Array>;
}
const keptOf = new WeakMap<ItemColumns, Kept>();

/** Returns filters that remove the same items; those with a key test an item once for all answers. */
export function shareVerdicts(filters: readonly Filter[], columns: ItemColumns): Pick<Filter, 'removes'>[] {
  const shared = filters.filter(({ key }) => key !== undefined);
  const verdicts = readVerdicts(shared.map(({ key }) => key).join(), columns);
  const removesShared = (index: number) => {
    if (verdicts[index] === UNKNOWN) verdicts[index] = removes(shared, index) ? REMOVED : PASSED;
    return verdicts[index] === REMOVED;
  };
  return [{ removes: removesShared }, ...filters.filter(({ key }) => key === undefined)];
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
