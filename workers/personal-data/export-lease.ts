// The lease of the export job, for erasures in the stores that it reads or writes: rows that it read from D1 or a batch
// before an erasure must be in the files when these are searched.

import { setTimeout as sleep } from 'node:timers/promises';
import { nameJobLease, withLease } from '../storage/leases.ts';

const WAIT_MS = 1_000;

/** Erases while no export runs. Returns false, after a moment, if one does; otherwise the result of `erase`. */
export async function eraseUnexported(db: D1Database, erase: () => Promise<boolean>): Promise<boolean> {
  const erased = await withLease(db, nameJobLease('export-snapshot'), erase);
  if (erased === undefined) await sleep(WAIT_MS);
  return erased?.result ?? false;
}
