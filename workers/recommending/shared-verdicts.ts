// Keeps what filters removed that are the same for many players, until the catalogue changes: most answers of a store
// have the same rules, platform and age limit, and its sources visit the same items.

import type { ItemColumns } from '../../models/features/item-columns.ts';
import { type Filter, removes } from './filter.ts';

const UNKNOWN = 0;
const PASSED = 1;
const REMOVED = 2;
/** A verdict takes a byte; those that were not read for longest make room. */
const KEPT_BYTES = 1 << 20;
/** A list takes some hundred bytes whatever its length; callers choose genre, platform and age limit. */
const LIST_BYTES_MIN = 1 << 10;

interface Kept {
  changes: number;
  /** By the filters' keys. Each has verdicts by item index. */
  verdicts: Map<string, Uint8Array>;
}
const keptOf = new WeakMap<ItemColumns, Kept>();

/** Filters that remove the same items, each of which is tested once for all answers by the filters that have a key. */
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
