// The statistics file in R2: written by the statistics job, read by every isolate.

import { STATISTICS_KEY } from '../../models/contracts/layout.ts';
import { Statistics } from '../../models/contracts/statistics.ts';

/** Statistics as an isolate holds them; `etag` tells whether the file has changed. */
export interface LoadedStatistics {
  etag: string;
  statistics: Statistics;
  /** Popularity per item, the most popular at 1. */
  popularity: ReadonlyMap<string, number>;
}

export async function writeStatistics(bucket: R2Bucket, statistics: Statistics): Promise<void> {
  await bucket.put(STATISTICS_KEY, JSON.stringify(statistics));
}

/** Returns what is held where the file has not changed or is not there. */
export async function readStatistics(
  bucket: R2Bucket,
  held: LoadedStatistics | undefined,
): Promise<LoadedStatistics | undefined> {
  const object = await bucket.get(STATISTICS_KEY, held && { onlyIf: { etagDoesNotMatch: held.etag } });
  if (object === null || !('body' in object)) return held;
  const statistics = Statistics.parse(await object.json());
  const top = statistics.popular[0]?.[1] ?? 1;
  return {
    etag: object.etag,
    statistics,
    popularity: new Map(statistics.popular.map(([itemId, score]) => [itemId, score / top])),
  };
}
