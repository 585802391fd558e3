// The crons of wrangler.toml and their jobs by name: when each is due, and whether it is late. What a job does:
// workers/offline/jobs.ts.

/** The jobs of a cron run one after the other: free accounts are limited to five crons. */
export const SCHEDULE = {
  '* * * * *': ['republish-state', 'watch-experiments', 'check-unlogged', 'check-alerts'],
  '*/10 * * * *': ['refresh-statistics', 'announce-release', 'count-metrics', 'erase-users', 'check-alerts'],
  '5 * * * *': ['export-snapshot', 'trim-log'],
  '25 3 * * *': ['delete-old-rows', 'end-merges'],
  // Erasures here too: a ten-minute cron has 30 seconds of CPU, enough to rewrite a file of some 400,000 rows; an
  // hourly cron has 15 minutes.
  '15 * * * *': ['announce-training', 'compute-galleries', 'erase-users'],
} as const satisfies Record<string, readonly string[]>;

type Cron = keyof typeof SCHEDULE;
export type JobName = (typeof SCHEDULE)[Cron][number];

export const CRONS = Object.keys(SCHEDULE) as Cron[];
/** The cron that runs what operators request, too. */
export const EVERY_MINUTE = '* * * * *' satisfies Cron;

const MINUTE_MS = 60_000;
/** A run that has not succeeded this long after it was due is late. Runs take up to 15 minutes. */
export const LATE_AFTER_MS = 15 * MINUTE_MS;

/** Each job once. */
export const listJobs = (): JobName[] => [...new Set(CRONS.flatMap((cron): readonly JobName[] => SCHEDULE[cron]))];

export const isJobName = (name: string): name is JobName => listJobs().some((job) => job === name);

/** The crons that run a job. */
export const cronsOf = (name: JobName): Cron[] =>
  CRONS.filter((cron) => (SCHEDULE[cron] as readonly JobName[]).includes(name));

/** The first cron that runs a job. */
export const cronOf = (name: JobName): Cron => cronsOf(name)[0]!;

/** When a job is due next after a time; both epoch milliseconds. */
export const nextDueAt = (name: JobName, after: number): number =>
  Math.min(...cronsOf(name).map((cron) => nextTimeOf(cron, after)));

/** `since`: start of the last run that succeeded, or when the job was first known. Epoch milliseconds. */
export const isLate = (name: JobName, since: number, now: number): boolean =>
  now >= nextDueAt(name, since) + LATE_AFTER_MS;

/** The next minute, UTC, that the cron matches. Knows minutes and hours: a number, all, or every nth. */
function nextTimeOf(cron: string, after: number): number {
  const [minute, hour, ...days] = cron.split(' ');
  if (minute === undefined || hour === undefined || days.some((field) => field !== '*'))
    throw new Error(`the cron “${cron}” names days`);
  let time = (Math.floor(after / MINUTE_MS) + 1) * MINUTE_MS;
  for (let steps = 0; steps < 24 * 60; steps++, time += MINUTE_MS) {
    const date = new Date(time);
    if (matches(minute, date.getUTCMinutes()) && matches(hour, date.getUTCHours())) return time;
  }
  throw new Error(`the cron “${cron}” is never due`);
}

function matches(field: string, value: number): boolean {
  if (field === '*') return true;
  const [, every] = /^\*\/(\d+)$/.exec(field) ?? [];
  return every === undefined ? Number(field) === value : value % Number(every) === 0;
}
