// The temporal protocol: cuts all players at one time. Interactions before it are history, those from then on are
// targets. It is closest to a live system, and meaningless if the times are made up.

import type { Interactions } from '../data/interactions.ts';
import { createEvaluationCase, type EvaluationCase, type Split } from './cases.ts';

/** Latest shares of all interactions; larger if many have the same time, which no cut separates. */
interface TemporalShares {
  validation: number;
  test: number;
}

/**
 * Training ends where the validation begins; the histories of the test reach up to the test. Players without
 * interactions before the cut have no history: they are left out, and counted.
 */
export function splitTemporal(all: Interactions, shares: TemporalShares = { validation: 0.1, test: 0.1 }): Split {
  const times = sortTimes(all);
  const testFrom = findLatestTime(times, times.length, shares.test);
  const validationFrom = findLatestTime(times, findFirst(times, 0, times.length, testFrom), shares.validation);
  const ends = new Int32Array(all.ends.length);
  const validation: EvaluationCase[] = [];
  const test: EvaluationCase[] = [];
  let leftOut = 0;
  all.starts.forEach((start, user) => {
    const end = all.ends[user]!;
    const validationStart = findFirst(all.timestamps, start, end, validationFrom);
    const testStart = findFirst(all.timestamps, validationStart, end, testFrom);
    ends[user] = validationStart;
    if (start < validationStart && validationStart < testStart)
      validation.push(createEvaluationCase(all, { start, cut: validationStart, end: testStart }, validationFrom));
    if (testStart === end) return;
    if (start < testStart) test.push(createEvaluationCase(all, { start, cut: testStart, end }, testFrom));
    else leftOut++;
  });
  return { training: { ...all, ends }, validation, test, leftOut };
}

function sortTimes({ starts, ends, timestamps }: Interactions): Float64Array {
  const times = new Float64Array(timestamps.length);
  let length = 0;
  starts.forEach((start, user) => {
    const own = timestamps.subarray(start, ends[user]!);
    times.set(own, length);
    length += own.length;
  });
  return times.subarray(0, length).sort();
}

/** The time at which the latest share of all `times` before the index `end` begins. */
const findLatestTime = (times: Float64Array, end: number, share: number): number =>
  times[Math.max(0, end - Math.max(1, Math.round(share * times.length)))] ?? 0;

/** The first row of start … end that is not before `time`; `end` if all rows are. */
function findFirst(timestamps: Float64Array, start: number, end: number, time: number): number {
  let row = start;
  while (row < end && timestamps[row]! < time) row++;
  return row;
}
