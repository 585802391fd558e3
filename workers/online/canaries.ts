// The endpoint that starts the canary of a release: a share of the players see it first, and the Worker then shows it
// to all players, or takes it back, by itself (workers/offline/watch-canaries.ts). Stopping one: experiments.ts.

import { z } from '@hono/zod-openapi';
import { Experiment } from '../../models/contracts/experiment.ts';
import { Id } from '../../models/contracts/id.ts';
import type { Result } from '../../models/contracts/result.ts';
import { CANARY_SHARE_DEFAULT, CANARY_SHARE_MAX } from '../../models/experiments/canary.ts';
import * as storage from '../storage/canaries.ts';
import type { CanaryRequest } from '../storage/canary-request.ts';
import type { Refusal } from '../storage/release-list.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { orUnavailable, ProblemError } from './problems.ts';
import { publishChange } from './publish-change.ts';

const CanaryParams = z.object({
  version: Id.meta({ param: { name: 'version', in: 'path' }, example: '20260520T120000Z-blend-1f3ab2c4' }),
});
const CanaryInput = z
  .strictObject({
    share: z.number().min(0.001).max(CANARY_SHARE_MAX).default(CANARY_SHARE_DEFAULT).meta({
      description: 'The share of the players who see the release first; as many others are compared with them.',
    }),
  })
  .meta({ id: 'CanaryInput' });

interface CanaryInputs {
  params: z.output<typeof CanaryParams>;
  body: z.output<typeof CanaryInput>;
}

export interface CanaryStore {
  /** Started and published. */
  startCanary(request: CanaryRequest): Promise<Result<Experiment, Refusal>>;
}

const openCanaryStore = (context: AppContext): CanaryStore => ({
  startCanary: async (request) => {
    const started = await storage.startCanary(context.env, request, Date.now());
    if (started.ok) await publishChange(context);
    return started;
  },
});

export async function postCanary(
  { params: { version }, body: { share } }: CanaryInputs,
  { startCanary }: CanaryStore,
): Promise<Experiment> {
  const started = await orUnavailable(startCanary({ version, share }));
  if (started.ok) return started.value;
  const { isMissing, reason } = started.error;
  throw new ProblemError(isMissing ? 'not-found' : 'conflict', reason);
}

const ENDPOINTS: Endpoint<CanaryStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/releases/{version}/canary',
    operationId: 'postCanary',
    tag: 'Releases',
    summary: 'Show a release to some of the players first',
    description:
      'Starts an experiment with the id `canary-VERSION`. While the release is not worse, its share grows in steps ' +
      'to a quarter and a half of the players; once it is shown to be as good, it is put into use. If it is worse, ' +
      'or not shown to be as good within seven days, the experiment ends and the release in use stays. 409 while ' +
      'another canary runs.',
    scope: 'admin',
    params: CanaryParams,
    body: { schema: CanaryInput, maxBytes: 1_024 },
    answer: {
      status: 201,
      schema: Experiment,
      description: 'The running experiment.',
      headers: ({ experimentId }) => ({ location: `/v1/experiments/${experimentId}` }),
    },
    problems: [404, 409],
    audit: { readAfter: (experiment) => experiment },
    handle: postCanary,
  }),
];

export const routeCanaries = (app: App): void => registerEndpoints(app, ENDPOINTS, openCanaryStore);
