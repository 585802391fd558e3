import { Cron } from 'croner';
import { expect, test } from 'vitest';
import { CRONS, cronsOf, isLate, LATE_AFTER_MS, listJobs, nextDueAt } from './job-schedule.ts';

const at = (text: string) => Date.parse(`2026-11-27T${text}Z`);

test('a job is due when its crons are, as a library computes it', () => {
  const times = [at('00:00:00'), at('03:25:00'), at('11:59:59.999'), at('23:59:30')];
  for (const job of listJobs())
    for (const after of times) {
      const expected = cronsOf(job).map((cron) => new Cron(cron, { timezone: 'UTC' }).nextRun(new Date(after))!);
      expect(nextDueAt(job, after), `${job} ${after}`).toBe(Math.min(...expected.map(Number)));
    }
  expect(CRONS.length).toBeLessThanOrEqual(5);
});

test('a job is late a quarter of an hour after the first run that is missing', () => {
  const started = at('12:05:00.300');
  const late = at('13:05:00') + LATE_AFTER_MS;
  expect(isLate('export-snapshot', started, late - 1)).toBe(false);
  expect(isLate('export-snapshot', started, late)).toBe(true);
  expect(isLate('delete-old-rows', at('03:25:01'), at('23:00:00'))).toBe(false);
  // It has two crons: the earlier one counts.
  expect(isLate('erase-users', at('12:00:01'), at('12:25:00'))).toBe(true);
});
