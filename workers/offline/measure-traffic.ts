// The measures of traffic, from the metrics by hour: shares of answers and requests, refusals by a rate limit, and
// clicks compared with the week before.

import type { AlertMeasure } from '../../models/contracts/alert.ts';
import { HOUR_MS, hourOf } from '../storage/hour.ts';
import { readMetricSums, readTimedSums, type TimedMetricSum } from '../storage/metric-counts.ts';

/** A share of fewer answers, requests or clicks says nothing. */
const COUNT_MIN = 100;
const CLICK_HOURS = 3;
/** Clicks are counted by a job, up to ten minutes late. */
const CLICKS_COUNTED_MS = 15 * 60_000;
const WEEK_MS = 7 * 24 * HOUR_MS;

/** `now`: epoch milliseconds. */
export async function measureTraffic(
  db: D1Database,
  now: number,
): Promise<Partial<Record<AlertMeasure, number | null>>> {
  const lastHours = { from: now - HOUR_MS, to: now };
  const [answers, requests, fall] = await Promise.all([
    readTimedSums(db, { metrics: ['answers', 'degraded-answers', 'empty-answers'], ...lastHours }, 1),
    readTimedSums(db, { metrics: ['requests'], ...lastHours, by: ['status'] }, 1),
    measureClickFall(db, now),
  ]);
  const sum = sumsOf([...answers, ...requests], hourOf(now));
  const all = sum(({ metric }) => metric === 'answers');
  const requested = sum(({ metric }) => metric === 'requests');
  const refused = sum(({ labels }) => labels.status === '429');
  return {
    'fallback-share': shareOf(
      sum(({ metric }) => metric === 'degraded-answers'),
      all,
    ),
    'empty-share': shareOf(
      sum(({ metric }) => metric === 'empty-answers'),
      all,
    ),
    'error-share': shareOf(
      sum(({ labels }) => Number(labels.status) >= 500),
      requested,
    ),
    'limit-hits': Math.max(refused.current, refused.before),
    'click-fall': fall,
  };
}

/** A number in this hour, and in the one before. */
interface Hours {
  current: number;
  before: number;
}

const sumsOf =
  (sums: readonly TimedMetricSum[], currentHour: number) =>
  (isMeant: (sum: TimedMetricSum) => boolean): Hours => {
    const add = (isInHour: (hour: number) => boolean) =>
      sums.reduce((total, sum) => (isMeant(sum) && isInHour(sum.hour) ? total + sum.value : total), 0);
    return { current: add((hour) => hour === currentHour), before: add((hour) => hour !== currentHour) };
  };

/** In this hour, or in both while it has few; null if both have. */
function shareOf(part: Hours, all: Hours): number | null {
  if (all.current >= COUNT_MIN) return part.current / all.current;
  const both = all.current + all.before;
  return both < COUNT_MIN ? null : (part.current + part.before) / both;
}

async function measureClickFall(db: D1Database, now: number): Promise<number | null> {
  const to = hourOf(now - CLICKS_COUNTED_MS) * HOUR_MS;
  const count = async (end: number) => {
    const [clicks] = await readMetricSums(db, { metrics: ['clicks'], from: end - CLICK_HOURS * HOUR_MS, to: end });
    return clicks?.value ?? 0;
  };
  const [clicks, before] = await Promise.all([count(to), count(to - WEEK_MS)]);
  return before < COUNT_MIN ? null : 1 - clicks / before;
}
