// The endpoints of jobs: list them, read the runs of one, and run one now. The cron that runs every minute runs what
// was requested (workers/offline/jobs.ts): a request has too little time left after its answer.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { JOB_RUNS_PAGE_MAX, JobRunView, JobView } from '../../models/contracts/job.ts';
import { type JobRun, listRunsOf, readLastRuns } from '../storage/job-runs.ts';
import { cronsOf, isJobName, isLate, type JobName, listJobs, nextDueAt } from '../storage/job-schedule.ts';
import { type JobState, readJobStates, requestRun } from '../storage/job-states.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { wholeNumber } from './parameters.ts';
import { ProblemError } from './problems.ts';

const JobParams = z.object({ job: Id.meta({ param: { name: 'job', in: 'path' }, example: 'export-snapshot' }) });
type JobParams = z.output<typeof JobParams>;
const RunsQuery = z.object({
  limit: wholeNumber(1, JOB_RUNS_PAGE_MAX).default(20),
  cursor: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional().meta({ description: 'Only runs before this one.' }),
});
const ListAnswer = z.object({ jobs: z.array(JobView) });
const RunsAnswer = z.object({
  runs: z.array(JobRunView).meta({ description: 'Newest first.' }),
  cursor: z.number().int().nullable().meta({ description: 'Send it to get the next page; null on the last page.' }),
});
const RequestedRun = z.object({ job: z.string(), requestedAt: z.iso.datetime() }).meta({ id: 'RequestedRun' });

export interface JobStore {
  readStates(): Promise<ReadonlyMap<string, JobState>>;
  /** The newest run of each job. */
  readLastRuns(jobs: readonly JobName[]): Promise<ReadonlyMap<string, JobRun>>;
  /** Newest first, before a run. */
  listRuns(job: JobName, beforeId: number, limit: number): Promise<JobRun[]>;
  /** False if the job is running, or requested already. */
  requestRun(job: JobName, now: number): Promise<boolean>;
}

const openJobStore = ({ env: { DB } }: AppContext): JobStore => ({
  readStates: () => readJobStates(DB),
  readLastRuns: (jobs) => readLastRuns(DB, jobs),
  listRuns: (job, beforeId, limit) => listRunsOf(DB, job, beforeId, limit),
  requestRun: (job, now) => requestRun(DB, job, now),
});

const toTime = (at: number): string => new Date(at).toISOString();

export async function getJobs(
  _: object,
  store: Pick<JobStore, 'readStates' | 'readLastRuns'>,
): Promise<z.output<typeof ListAnswer>> {
  const names = listJobs();
  const [states, runs] = await Promise.all([store.readStates(), store.readLastRuns(names)]);
  const now = Date.now();
  return { jobs: names.map((name) => describe(name, states.get(name), runs.get(name), now)) };
}

function describe(name: JobName, state: JobState | undefined, lastRun: JobRun | undefined, now: number): JobView {
  const { knownSince, succeededAt, durationMs, rows, failedAt, error, requestedAt } = state ?? {};
  const since = Math.max(knownSince ?? 0, succeededAt ?? 0);
  return {
    job: name,
    crons: cronsOf(name),
    nextDueAt: toTime(nextDueAt(name, now)),
    isLate: isLate(name, since, now),
    requestedAt: requestedAt == null ? null : toTime(requestedAt),
    lastSuccess:
      succeededAt == null ? null : { startedAt: toTime(succeededAt), durationMs: durationMs ?? 0, rows: rows ?? 0 },
    lastFailure: failedAt == null ? null : { startedAt: toTime(failedAt), error: error ?? '' },
    lastRun: lastRun === undefined ? null : toView(lastRun),
  };
}

const toView = ({ id, job: _, startedAt, ...run }: JobRun): JobRunView => ({
  ...{ runId: id, startedAt: toTime(startedAt), ...run },
});

export async function getJobRuns(
  { params: { job }, query }: { params: JobParams; query: z.output<typeof RunsQuery> },
  { listRuns }: Pick<JobStore, 'listRuns'>,
): Promise<z.output<typeof RunsAnswer>> {
  const { limit, cursor = Number.MAX_SAFE_INTEGER } = query;
  const runs = (await listRuns(parseName(job), cursor, limit)).map(toView);
  return { runs, cursor: runs.length === limit ? runs.at(-1)!.runId : null };
}

export async function postJobRun(
  { params: { job } }: { params: JobParams },
  { requestRun }: Pick<JobStore, 'requestRun'>,
): Promise<z.output<typeof RequestedRun>> {
  const now = Date.now();
  if (!(await requestRun(parseName(job), now)))
    throw new ProblemError('conflict', `“${job}” is running, or about to: GET /v1/jobs shows when it ends.`);
  return { job, requestedAt: toTime(now) };
}

function parseName(job: string): JobName {
  if (!isJobName(job)) throw new ProblemError('not-found', `There is no job “${job}”: GET /v1/jobs lists all.`);
  return job;
}

const tag = 'Operation';

const ENDPOINTS: Endpoint<JobStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/jobs',
    operationId: 'getJobs',
    tag,
    summary: 'List the jobs',
    scope: 'admin',
    answer: { schema: ListAnswer, description: 'All jobs: when each is due, its last runs, whether it is late.' },
    handle: getJobs,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/jobs/{job}/runs',
    operationId: 'getJobRuns',
    tag,
    summary: 'Read the runs of a job',
    description:
      'The last 30 days. A job that runs every minute has only the runs in which it began to fail or succeeded again.',
    scope: 'admin',
    params: JobParams,
    query: RunsQuery,
    answer: { schema: RunsAnswer, description: 'One page.' },
    problems: [404],
    handle: getJobRuns,
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/jobs/{job}/runs',
    operationId: 'postJobRun',
    tag,
    summary: 'Run a job now',
    description:
      'It starts within a minute, with 30 seconds of CPU; its run is in the history as `on request`. 409 while the ' +
      'job is running or already requested.',
    scope: 'admin',
    params: JobParams,
    answer: { status: 202, schema: RequestedRun, description: 'The run is requested.' },
    problems: [404, 409],
    audit: { readAfter: (requested) => requested },
    handle: postJobRun,
  }),
];

export const routeJobs = (app: App): void => registerEndpoints(app, ENDPOINTS, openJobStore);
