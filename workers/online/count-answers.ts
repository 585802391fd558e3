// Counts answers by route, tier and release. An isolate keeps its counts for a few seconds and adds them to D1 after an
// answer; an isolate that is evicted loses at most these.

import type { Answer } from '../serving/hydrate.ts';
import { type AnswerCount, addAnswerCounts } from '../storage/answer-counts.ts';

const FLUSH_AFTER_MS = 5_000;
const KEEP_MS = 30 * 86_400_000;

export type CountedRoute = 'gallery' | 'recommendations' | 'list' | 'similar' | 'search';

const counts = new Map<string, AnswerCount>();
let flushedAt = 0;

/** Never throws; no answer waits for it. */
export function countAnswer(
  db: D1Database,
  waitUntil: (promise: Promise<unknown>) => void,
  route: CountedRoute,
  { tier, release, degraded }: Answer,
): void {
  const key = `${route}\n${tier}\n${release}`;
  const counted = counts.get(key) ?? { route, tier, release: release ?? '', count: 0, degraded: 0 };
  counted.count++;
  if (degraded.length > 0) counted.degraded++;
  counts.set(key, counted);
  if (Date.now() - flushedAt >= FLUSH_AFTER_MS) waitUntil(flushCounts(db));
}

export async function flushCounts(db: D1Database): Promise<void> {
  const now = Date.now();
  flushedAt = now;
  const flushed = [...counts.values()];
  counts.clear();
  if (flushed.length === 0) return;
  try {
    await addAnswerCounts(db, flushed, now, KEEP_MS);
  } catch (error) {
    console.error(JSON.stringify({ alert: 'answers not counted', kinds: flushed.length, error: String(error) }));
  }
}
