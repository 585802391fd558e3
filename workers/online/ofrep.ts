// The OpenFeature Remote Evaluation Protocol (https://openfeature.dev/specification/appendix-c): tells OpenFeature's
// clients which variants a player is in. A flag is an experiment, its value the id of the variant. An evaluation is no
// exposure: only answers are.

import { z } from '@hono/zod-openapi';
import type { Experiment } from '../../models/contracts/experiment.ts';
import { ME, UserId } from '../../models/contracts/user-id.ts';
import { assign } from '../../models/experiments/assignment.ts';
import { type AudienceFacts, hasInAudience } from '../../models/experiments/audience.ts';
import { DEADLINE_DEFAULT_MS } from '../serving/budget.ts';
import { isolate } from '../serving/isolate.ts';
import { makeEtag } from './caching.ts';
import { type Caller, resolveUserId } from './caller.ts';
import { contextQuery, readRequest } from './context.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { TARGETING_KEY_MISSING, TARGETING_KEY_PATH } from './ofrep-errors.ts';
import { invalidInput, orUnavailable, ProblemError } from './problems.ts';

const BODY_BYTES_MAX = 16 * 1024;

/** Clients send whatever they know of their user; the rest is not read. */
const EvaluationContext = z
  .looseObject({
    targetingKey: z.string().max(1_000).optional().meta({
      description: 'The player’s id; with a token, its player’s id, `me` or nothing.',
      example: 'player-0001',
    }),
    country: contextQuery.country,
    platform: contextQuery.platform,
  })
  .meta({ id: 'EvaluationContext' });
const EvaluationInput = z.object({ context: EvaluationContext.default({}) }).meta({ id: 'EvaluationInput' });
type EvaluationInput = z.output<typeof EvaluationInput>;

const FlagParams = z.object({
  key: z.string().meta({ param: { name: 'key', in: 'path' }, example: 'short-pages' }),
});

const Evaluation = z
  .object({
    key: z.string().meta({ description: 'The experiment’s id.' }),
    value: z.string().optional().meta({
      description: 'The id of the variant; absent if the player is in none: the client’s own default then holds.',
    }),
    variant: z.string().optional(),
    reason: z.enum(['SPLIT', 'DEFAULT', 'DISABLED']).meta({
      description: 'DEFAULT: the player is not in the experiment. DISABLED: a guardrail stopped the variant.',
    }),
    metadata: z.object({
      experimentId: z.string(),
      layer: z.string(),
      isControl: z.boolean().optional().meta({ description: 'Absent if the player is in no variant.' }),
    }),
  })
  .meta({ id: 'Evaluation' });
type Evaluation = z.output<typeof Evaluation>;

const BulkAnswer = z.object({ flags: z.array(Evaluation) });

export interface EvaluationSources {
  /** Those that run. Throws if the published state cannot be read. */
  readExperiments(): Promise<readonly Experiment[]>;
  /** As for answers: what the client does not say is read from the connection. */
  readPlace(given: EvaluationInput['context']): Pick<AudienceFacts, 'country' | 'platform'>;
  /** True if the player has no history; null if it cannot be read. */
  isNewUser(userId: string): Promise<boolean | null>;
  /** The header If-None-Match. */
  knownEtag: string | undefined;
}

function openEvaluationSources(c: AppContext): EvaluationSources {
  const { env, executionCtx, req } = c;
  return {
    readExperiments: async () => {
      const { value } = await isolate.state.get(env, Date.now(), (work) => executionCtx.waitUntil(work));
      if (value === undefined) throw new Error('the published state cannot be read');
      return value.parts.experiments;
    },
    readPlace: ({ country, platform }) =>
      readRequest(c, { country, platform, locale: undefined, ageLimit: undefined, deadlineMs: DEADLINE_DEFAULT_MS })
        .context,
    isNewUser: async (userId) => {
      const { user, complete } = await env.USER_SIGNALS.getByName(userId).readUserState(userId);
      return complete ? user.history.length === 0 : null;
    },
    knownEtag: req.header('if-none-match'),
  };
}

export async function evaluateFlag(
  { params: { key }, body: { context }, caller }: { params: { key: string }; body: EvaluationInput; caller: Caller },
  sources: Omit<EvaluationSources, 'knownEtag'>,
  now = Date.now(),
): Promise<Evaluation> {
  const userId = readUserId(context, caller);
  const experiment = (await listFlags(sources)).find(({ experimentId }) => experimentId === key);
  if (experiment === undefined) throw new ProblemError('not-found', `No running experiment has the id “${key}”.`);
  const [evaluation] = await evaluate(userId, [experiment], context, sources, now);
  return evaluation!;
}

/** Answers 304 if the client has the same evaluations. */
export async function evaluateFlags(
  { body: { context }, caller }: { body: EvaluationInput; caller: Caller },
  sources: EvaluationSources,
  now = Date.now(),
): Promise<Response> {
  const userId = readUserId(context, caller);
  const flags = await evaluate(userId, await listFlags(sources), context, sources, now);
  const body = JSON.stringify({ flags });
  const etag = makeEtag(body);
  return sources.knownEtag?.includes(etag)
    ? new Response(null, { status: 304, headers: { etag } })
    : new Response(body, { headers: { etag, 'content-type': 'application/json' } });
}

/** An interleaved page shows every player both variants, so there is nothing to evaluate. */
const listFlags = async ({ readExperiments }: Pick<EvaluationSources, 'readExperiments'>): Promise<Experiment[]> =>
  (await orUnavailable(readExperiments())).filter(({ kind }) => kind === 'split');

/** Throws `forbidden` for another player than the token's. */
function readUserId({ targetingKey }: EvaluationInput['context'], caller: Caller): string {
  const named = targetingKey || (caller.kind === 'player' ? ME : undefined);
  if (named === undefined) throw invalidInput([{ path: TARGETING_KEY_PATH, message: TARGETING_KEY_MISSING }]);
  const { data, error } = UserId.safeParse(resolveUserId(caller, named));
  if (error) throw invalidInput(error.issues.map(({ message }) => ({ path: TARGETING_KEY_PATH, message })));
  return data;
}

async function evaluate(
  userId: string,
  experiments: readonly Experiment[],
  context: EvaluationInput['context'],
  { readPlace, isNewUser }: Pick<EvaluationSources, 'readPlace' | 'isNewUser'>,
  now: number,
): Promise<Evaluation[]> {
  const variants = experiments.map((experiment) => assign(userId, experiment));
  // Only then is the player's object asked.
  const needsHistory = experiments.some(
    ({ audience }, index) => audience.newUsers !== undefined && variants[index] !== undefined,
  );
  const facts = { ...readPlace(context), isNewUser: needsHistory ? await orUnavailable(isNewUser(userId)) : null };
  return experiments.map((experiment, index) =>
    toEvaluation(experiment, hasInAudience(experiment, facts, now) ? variants[index] : undefined),
  );
}

function toEvaluation(experiment: Experiment, variant: string | undefined): Evaluation {
  const { experimentId, layer, variants, stoppedVariants } = experiment;
  const flag = { key: experimentId, metadata: { experimentId, layer } };
  if (variant === undefined) return { ...flag, reason: 'DEFAULT' };
  if (stoppedVariants.some(({ id }) => id === variant)) return { ...flag, reason: 'DISABLED' };
  const metadata = { ...flag.metadata, isControl: variant === variants[0]?.id };
  return { ...flag, value: variant, variant, reason: 'SPLIT', metadata };
}

const shared = {
  method: 'post',
  tag: 'Experiments',
  scope: 'read',
  isOpenToPlayers: true,
  body: { schema: EvaluationInput, maxBytes: BODY_BYTES_MAX },
} as const;

const PROTOCOL =
  'As in the OpenFeature Remote Evaluation Protocol; a problem also has its `errorCode`. It counts no exposure.';

const ENDPOINTS: Endpoint<EvaluationSources>[] = [
  defineEndpoint({
    ...shared,
    path: '/ofrep/v1/evaluate/flags',
    operationId: 'evaluateFlags',
    summary: 'Read which variants a player is in',
    description: PROTOCOL,
    answer: { schema: BulkAnswer, description: 'Every running experiment that splits players.' },
    responses: { 304: { description: 'Nothing has changed since the answer with this ETag.' } },
    handle: (input, sources) => evaluateFlags(input, sources),
  }),
  defineEndpoint({
    ...shared,
    path: '/ofrep/v1/evaluate/flags/{key}',
    operationId: 'evaluateFlag',
    summary: 'Read which variant of an experiment a player is in',
    description: PROTOCOL,
    params: FlagParams,
    answer: { schema: Evaluation, description: 'The variant, if any.' },
    problems: [404],
    handle: (input, sources) => evaluateFlag(input, sources),
  }),
];

export const routeOfrep = (app: App): void => registerEndpoints(app, ENDPOINTS, openEvaluationSources);
