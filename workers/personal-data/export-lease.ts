// The lease of the job that exports, for changes to what it reads or writes: what it has read of D1 or of a batch
// before an erasure must be in the files when they are searched.

import { setTimeout as sleep } from 'node:timers/promises';
import { nameJobLease, withLease } from '../storage/leases.ts';

const WAIT_MS = 1_000;

/** Erases while no export runs. False, after a moment, if one does; else what `erase` returns. */
export async function eraseUnexported(db: D1Database, erase: () => Promise<boolean>): Promise<boolean> {
  const erased = await withLease(db, nameJobLease('export-snapshot'), erase);
  if (erased === undefined) await sleep(WAIT_MS);
  return erased?.result ?? false;
}
