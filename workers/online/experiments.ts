// The endpoints of experiments. A change of a running one is written to D1 and published before it is acknowledged.
// Serving assigns players; the job watch-experiments ends what must end.

import { z } from '@hono/zod-openapi';
import {
  EXPERIMENT_BODY_BYTES_MAX,
  EXPERIMENTS_MAX,
  Experiment,
  ExperimentInput,
  ShortId,
} from '../../models/contracts/experiment.ts';
import type { NamedRelease } from '../../models/contracts/release.ts';
import type { Result } from '../../models/contracts/result.ts';
import { text } from '../../models/contracts/text.ts';
import {
  changeExperiment,
  draftExperiment,
  startExperiment as start,
  stopExperiment as stop,
} from '../../models/experiments/lifecycle.ts';
import * as storage from '../storage/experiments.ts';
import { hasPlatform } from '../storage/items.ts';
import { readWholeRelease } from '../storage/release-list.ts';
import { type FieldFault, findReserved, findUnknown, type NamedThings } from './check-experiment.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { invalidInput, ProblemError } from './problems.ts';
import { publishChange } from './publish-change.ts';

const ExperimentParams = z.object({
  experimentId: ShortId.meta({ param: { name: 'experimentId', in: 'path' }, example: 'short-pages' }),
});
type ExperimentParams = z.output<typeof ExperimentParams>;

const StopInput = z
  .strictObject({ reason: text(200).meta({ description: 'Shown to operators.' }) })
  .meta({ id: 'StopInput' });

const ListAnswer = z.object({ experiments: z.array(Experiment).meta({ description: 'Oldest first.' }) });

export interface ExperimentStore extends NamedThings {
  /** Oldest first. */
  listExperiments(state?: Experiment['state']): Promise<storage.StoredExperiment[]>;
  readExperiment(experimentId: string): Promise<storage.StoredExperiment | undefined>;
  /** As storage/experiments.ts has it. */
  writeExperiment(experiment: Experiment, revision: number | undefined): Promise<boolean>;
  writeStarted(
    experiment: Experiment,
    revision: number,
    running: readonly storage.StoredExperiment[],
  ): Promise<boolean>;
  /** False if there is none, or it runs. */
  deleteExperiment(experimentId: string): Promise<boolean>;
}

/** A change of what runs is visible in the next answer of this isolate. */
function openExperimentStore(context: AppContext): ExperimentStore {
  const { env } = context;
  const publishIf = async (isStored: boolean) => {
    if (isStored) await publishChange(context);
    return isStored;
  };
  return {
    listExperiments: (state) => storage.readExperiments(env.DB, state),
    readExperiment: (experimentId) => storage.readExperiment(env.DB, experimentId),
    writeExperiment: async (experiment, revision) => {
      const isStored = await storage.writeExperiment(env.DB, experiment, revision, EXPERIMENTS_MAX, Date.now());
      // Nothing of a draft is served.
      return experiment.state === 'draft' ? isStored : publishIf(isStored);
    },
    writeStarted: async (experiment, revision, running) =>
      publishIf(await storage.writeStarted(env.DB, experiment, revision, running)),
    deleteExperiment: (experimentId) => storage.deleteExperiment(env.DB, experimentId),
    findRelease: (version) => readWholeRelease(env, version),
    hasPlatform: (platform) => hasPlatform(env.DB, platform),
  };
}

export async function getExperiments(
  _: object,
  { listExperiments }: Pick<ExperimentStore, 'listExperiments'>,
): Promise<z.output<typeof ListAnswer>> {
  return { experiments: (await listExperiments()).map(({ experiment }) => experiment) };
}

export async function getExperiment(
  { params: { experimentId } }: { params: ExperimentParams },
  store: Pick<ExperimentStore, 'readExperiment'>,
): Promise<Experiment> {
  return (await readStored(experimentId, store)).experiment;
}

export async function putExperiment(
  { params: { experimentId }, body }: { params: ExperimentParams; body: ExperimentInput },
  store: Omit<ExperimentStore, 'deleteExperiment' | 'writeStarted'>,
): Promise<Experiment> {
  refuseFaults([...findReserved(experimentId, body), ...(await findUnknown(body, store))]);
  const stored = await store.readExperiment(experimentId);
  const changed =
    stored === undefined ? draftExperiment(experimentId, body) : orConflict(changeExperiment(stored.experiment, body));
  if (await store.writeExperiment(changed, stored?.revision)) return changed;
  if (stored === undefined && (await store.listExperiments()).length >= EXPERIMENTS_MAX)
    throw new ProblemError('conflict', `There are already ${EXPERIMENTS_MAX} experiments; delete one first.`);
  throw changedMeanwhile(experimentId);
}

export async function deleteExperiment(
  { params: { experimentId } }: { params: ExperimentParams },
  store: Pick<ExperimentStore, 'readExperiment' | 'deleteExperiment'>,
): Promise<void> {
  if (await store.deleteExperiment(experimentId)) return;
  await readStored(experimentId, store);
  throw new ProblemError('conflict', `“${experimentId}” is running; stop it first.`);
}

/** Looks up again what it names: a release may have gone since. */
export async function startExperiment(
  { params: { experimentId } }: { params: ExperimentParams },
  store: Omit<ExperimentStore, 'deleteExperiment' | 'writeExperiment'>,
  now = Date.now(),
): Promise<Experiment> {
  const { experiment, revision } = await readStored(experimentId, store);
  refuseFaults(await findUnknown(experiment, store));
  const running = await store.listExperiments('running');
  const others = running.map((other) => other.experiment);
  const started = orConflict(start(experiment, others, await findNamedRelease(experiment, store), now));
  if (!(await store.writeStarted(started, revision, running))) throw changedMeanwhile(experimentId);
  return started;
}

export async function stopExperiment(
  { params: { experimentId }, body: { reason } }: { params: ExperimentParams; body: z.output<typeof StopInput> },
  store: Pick<ExperimentStore, 'readExperiment' | 'writeExperiment'>,
  now = Date.now(),
): Promise<Experiment> {
  const { experiment, revision } = await readStored(experimentId, store);
  const stopped = orConflict(stop(experiment, reason, now));
  if (!(await store.writeExperiment(stopped, revision))) throw changedMeanwhile(experimentId);
  return stopped;
}

function refuseFaults(faults: FieldFault[]): void {
  if (faults.length > 0) throw invalidInput(faults);
}

async function findNamedRelease(
  { variants }: ExperimentInput,
  { findRelease }: Pick<NamedThings, 'findRelease'>,
): Promise<NamedRelease | null> {
  const version = variants.find(({ release }) => release !== undefined)?.release;
  if (version === undefined) return null;
  const found = await findRelease(version);
  if (!found.ok) throw new ProblemError('conflict', found.error.reason);
  return found.value;
}

async function readStored(
  experimentId: string,
  { readExperiment }: Pick<ExperimentStore, 'readExperiment'>,
): Promise<storage.StoredExperiment> {
  const stored = await readExperiment(experimentId);
  if (stored === undefined) throw new ProblemError('not-found', `No experiment has the id “${experimentId}”.`);
  return stored;
}

function orConflict<T>(result: Result<T, string>): T {
  if (!result.ok) throw new ProblemError('conflict', result.error);
  return result.value;
}

const changedMeanwhile = (experimentId: string) =>
  new ProblemError('conflict', `“${experimentId}”, or what runs beside it, is being changed by others: try again.`);

const tag = 'Experiments';
const shared = { tag, scope: 'admin', params: ExperimentParams } as const;
const audit = {
  readBefore: async ({ params }: { params: ExperimentParams }, store: ExperimentStore) =>
    (await store.readExperiment(params.experimentId))?.experiment,
  readAfter: (experiment: unknown) => experiment,
};

const ENDPOINTS: Endpoint<ExperimentStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/experiments',
    operationId: 'getExperiments',
    tag,
    summary: 'List the experiments',
    scope: 'admin',
    answer: { schema: ListAnswer, description: 'All of them, in every state.' },
    handle: getExperiments,
  }),
  defineEndpoint({
    ...shared,
    method: 'put',
    path: '/v1/experiments/{experimentId}',
    operationId: 'putExperiment',
    summary: 'Create an experiment as a draft, or change one',
    description:
      'A draft is replaced. Of a running experiment, `hypothesis`, `endsAt` and `guardrails` may change: 409 if ' +
      'anything else differs. An unknown release, country or platform is refused.',
    body: { schema: ExperimentInput, maxBytes: EXPERIMENT_BODY_BYTES_MAX, repeats: 'experimentId' },
    answer: { schema: Experiment, description: 'The experiment as stored.' },
    problems: [409],
    audit,
    handle: putExperiment,
  }),
  defineEndpoint({
    ...shared,
    method: 'get',
    path: '/v1/experiments/{experimentId}',
    operationId: 'getExperiment',
    summary: 'Read an experiment',
    answer: { schema: Experiment, description: 'The experiment.' },
    problems: [404],
    handle: getExperiment,
  }),
  defineEndpoint({
    ...shared,
    method: 'delete',
    path: '/v1/experiments/{experimentId}',
    operationId: 'deleteExperiment',
    summary: 'Delete an experiment that is not running',
    answer: { status: 204, description: 'It is deleted.' },
    problems: [404, 409],
    audit: { readBefore: audit.readBefore },
    handle: deleteExperiment,
  }),
  defineEndpoint({
    ...shared,
    method: 'post',
    path: '/v1/experiments/{experimentId}/start',
    operationId: 'startExperiment',
    summary: 'Start a draft',
    description:
      'It gets a slice of its layer as wide as `audience.share`: players in it are in no other experiment of the ' +
      'layer. 409 if the layer has no room, if too many experiments run, or if another one names another release. ' +
      'Before `startsAt` and after `endsAt` nobody is in it.',
    answer: { schema: Experiment, description: 'The running experiment.' },
    problems: [404, 409],
    audit,
    handle: (input, store) => startExperiment(input, store),
  }),
  defineEndpoint({
    ...shared,
    method: 'post',
    path: '/v1/experiments/{experimentId}/stop',
    operationId: 'stopExperiment',
    summary: 'Stop a running experiment',
    description: 'Its players then get what all others get. It cannot be started again.',
    body: { schema: StopInput, maxBytes: 4 * 1024 },
    answer: { schema: Experiment, description: 'The stopped experiment.' },
    problems: [404, 409],
    audit,
    handle: (input, store) => stopExperiment(input, store),
  }),
];

export const routeExperiments = (app: App): void => registerEndpoints(app, ENDPOINTS, openExperimentStore);
