// Adds a slate to the trainer's log as its Parquet file has it, for tests.

import type { Slate } from '../models/contracts/slate.ts';
import type { ImpressionLog } from '../models/ranking/impressions.ts';
import { toSlateRows } from '../workers/storage/slate-columns.ts';

export function addSlate(log: ImpressionLog, slate: Slate, samplingRate = 1): void {
  for (const row of toSlateRows({ ...slate, samplingRate })) log.addEntry(row.slate, row.entry, row.features);
}
