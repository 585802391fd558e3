// The statistics file in R2, written by the statistics job and read by every isolate. It computes nothing.

import { STATISTICS_KEY } from '../../models/contracts/layout.ts';
import { Statistics } from '../../models/contracts/statistics.ts';

/** Statistics as an isolate caches them; `etag` tells whether the file has changed. */
export interface LoadedStatistics {
  etag: string;
  statistics: Statistics;
  /** Popularity per item, the most popular at 1. */
  popularity: ReadonlyMap<string, number>;
}

export async function writeStatistics(bucket: R2Bucket, statistics: Statistics): Promise<void> {
  await bucket.put(STATISTICS_KEY, JSON.stringify(statistics));
}

/** Returns `previous` if the file has not changed or does not exist. */
export async function readStatistics(
  bucket: R2Bucket,
  previous: LoadedStatistics | undefined,
): Promise<LoadedStatistics | undefined> {
  const object = await bucket.get(STATISTICS_KEY, previous && { onlyIf: { etagDoesNotMatch: previous.etag } });
  if (object === null || !('body' in object)) return previous;
  const statistics = Statistics.parse(await object.json());
  const top = statistics.popular[0]?.[1] ?? 1;
  return {
    etag: object.etag,
    statistics,
    popularity: new Map(statistics.popular.map(([itemId, score]) => [itemId, score / top])),
  };
}
