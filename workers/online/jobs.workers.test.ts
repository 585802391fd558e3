import { env, exports } from 'cloudflare:workers';
import { beforeEach, expect, it, vi } from 'vitest';
import type { AuditEntry } from '../../models/contracts/audit.ts';
import type { JobRunView, JobView } from '../../models/contracts/job.ts';
import { runJobs } from '../offline/jobs.ts';
import { EVERY_MINUTE, listJobs } from '../storage/job-schedule.ts';
import { readJobStates } from '../storage/job-states.ts';

const MINUTE_MS = 60_000;

async function call<T = unknown>(method: string, path: string, key = 'test-admin') {
  const headers = { authorization: `Bearer ${key}` };
  const response = await exports.default.fetch(`http://edge${path}`, { method, headers });
  return { status: response.status, body: (await response.json()) as T };
}
const readJobs = async () => {
  const { body } = await call<{ jobs: JobView[] }>('GET', '/v1/jobs');
  return new Map(body.jobs.map((job) => [job.job, job]));
};
const request = (job: string) => call<{ detail: string }>('POST', `/v1/jobs/${job}/runs`);
const runMinute = (bindings: Partial<Env> = {}) => runJobs(EVERY_MINUTE, { ...env, ...bindings } as Env);

beforeEach(async () => {
  for (const table of ['jobs', 'job_runs', 'leases']) await env.DB.prepare(`delete from ${table}`).run();
});

it('runs a job on request, once, within the next minute, and keeps its history', async () => {
  const requested = await request('trim-log');
  expect(requested).toMatchObject({ status: 202, body: { job: 'trim-log' } });
  expect((await readJobs()).get('trim-log')).toMatchObject({ requestedAt: expect.any(String), lastSuccess: null });
  expect(await request('trim-log')).toMatchObject({ status: 409 });
  await runMinute();
  await runMinute();
  const { body } = await call<{ runs: JobRunView[]; cursor: number | null }>('GET', '/v1/jobs/trim-log/runs');
  expect(body).toMatchObject({ runs: [{ cron: 'on request', outcome: 'done', rows: 0 }], cursor: null });
  const job = (await readJobs()).get('trim-log')!;
  expect(job).toMatchObject({ requestedAt: null, isLate: false, lastFailure: null, lastRun: body.runs[0] });
  expect(job.lastSuccess!.startedAt).toBe(body.runs[0]!.startedAt);

  await request('trim-log');
  await runMinute();
  const page = await call<{ runs: JobRunView[]; cursor: number }>('GET', '/v1/jobs/trim-log/runs?limit=1');
  const next = await call<{ runs: JobRunView[] }>('GET', `/v1/jobs/trim-log/runs?limit=1&cursor=${page.body.cursor}`);
  expect(next.body.runs).toEqual(body.runs);
  const { body: log } = await call<{ entries: AuditEntry[] }>('GET', '/v1/audit-log?limit=1');
  expect(log.entries).toMatchObject([{ path: '/v1/jobs/{job}/runs', ids: { job: 'trim-log' }, status: 202 }]);
});

it('refuses a run while another is at work, jobs that do not exist, and other scopes', async () => {
  const lease = (expires: string) =>
    env.DB.prepare(`insert or replace into leases values ('job trim-log', 'somebody', ${expires})`).run();
  await lease('(unixepoch() + 60) * 1000');
  expect(await request('trim-log')).toMatchObject({
    status: 409,
    body: { detail: expect.stringContaining('running') },
  });
  await lease('(unixepoch() - 1) * 1000');
  expect((await request('trim-log')).status).toBe(202);
  expect((await request('make-coffee')).status).toBe(404);
  expect((await call('GET', '/v1/jobs/make-coffee/runs')).status).toBe(404);
  for (const path of ['/v1/jobs', '/v1/jobs/trim-log/runs'])
    expect((await call('GET', path, 'test-read')).status).toBe(403);
  expect((await call('POST', '/v1/jobs/trim-log/runs', 'test-ingest')).status).toBe(403);
});

it('knows which jobs are late, also one that never ran', async () => {
  // As long as no cron has run, all are.
  expect([...(await readJobs()).values()].every(({ isLate }) => isLate)).toBe(true);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.parse('2026-11-27T12:00:01Z') });
  try {
    const late = async () => [...(await readJobs()).values()].filter(({ isLate }) => isLate).map(({ job }) => job);
    await runMinute();
    expect((await readJobs()).size).toBe(listJobs().length);
    expect(await late()).toEqual([]);
    vi.setSystemTime(Date.parse('2026-11-27T12:40:01Z'));
    await runMinute();
    await runJobs('*/10 * * * *', env);
    // Due at 12:05 and 12:15, and never run.
    expect((await late()).toSorted()).toEqual([
      'announce-training',
      'compute-galleries',
      'export-snapshot',
      'trim-log',
    ]);
    await runJobs('5 * * * *', env);
    await runJobs('15 * * * *', env);
    expect(await late()).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it('of a job that runs every minute, writes a success every five minutes or after a failure', async () => {
  const start = Date.parse('2026-11-27T12:00:01Z');
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  try {
    const runAt = async (minute: number, bindings: Partial<Env> = {}) => {
      vi.setSystemTime(start + minute * MINUTE_MS);
      await runMinute(bindings).catch(() => {});
      const { succeededAt, failedAt } = (await readJobStates(env.DB)).get('republish-state')!;
      const minuteOf = (at: number | null) => at && (at - start) / MINUTE_MS;
      return [minuteOf(succeededAt), minuteOf(failedAt)];
    };
    const BUCKET = { get: () => Promise.reject(new Error('R2 is down')) } as unknown as R2Bucket;
    expect(await runAt(0)).toEqual([0, null]);
    expect(await runAt(4)).toEqual([0, null]);
    expect(await runAt(5)).toEqual([5, null]);
    expect(await runAt(6, { BUCKET })).toEqual([5, 6]);
    expect(await runAt(7)).toEqual([7, 6]);
    expect(await runAt(8)).toEqual([7, 6]);
    expect((await readJobs()).get('republish-state')).toMatchObject({
      lastFailure: { error: 'R2 is down' },
      lastRun: { outcome: 'done' },
    });
    const { body } = await call<{ runs: JobRunView[] }>('GET', '/v1/jobs/republish-state/runs');
    expect(body.runs.map(({ outcome }) => outcome)).toEqual(['done', 'failed']);
  } finally {
    vi.useRealTimers();
  }
});
