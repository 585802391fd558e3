// Declares an endpoint: its entry in the API document, the shapes of its input and answer, and a handler: a plain
// function of the validated input and the storage functions that it needs. Keys, bodies, validation and the answer's
// form are handled here, once for all endpoints. A handler throws ProblemError for errors that the caller can fix.

import { createRoute, type OpenAPIHono, type RouteConfig, type z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { parseBody } from '../../models/contracts/parse-body.ts';
import { PROBLEM_CONTENT_TYPE, Problem } from '../../models/contracts/problem.ts';
import { beginAuditEntry, endAuditEntry } from '../storage/audit-log.ts';
import { type BodySlot, ingests } from './admission.ts';
import { type AuditLog, recordChange } from './audit.ts';
import { authenticate } from './auth.ts';
import { readJson, withoutId } from './body.ts';
import { authorize, type Caller, hasScope, type IdentifiedCaller, resolveUserId, type Scope } from './caller.ts';
import { POLICY_HEADER, REFUSAL_HEADERS, RETRY_HEADER } from './documented-headers.ts';
import { omitPlayers } from './parameters.ts';
import { invalidInput, ProblemError, type ProblemStatus, titleOf } from './problems.ts';
import { readQuery } from './query.ts';
import {
  chooseOwnPolicy,
  chooseStrictPolicy,
  describeRefusal,
  type RateCheck,
  type RatePolicy,
  type StrictLimit,
  takeRequest,
} from './rate-limit.ts';

export type AppEnv = {
  Bindings: Env;
  Variables: {
    /** When the whole request had arrived, epoch milliseconds. */
    arrivedAt: number;
    /** Method and path of the endpoint, with parameters in braces; absent if there is none. */
    route?: string;
    /** Set once the caller is identified. */
    caller?: Caller;
    /** Set once rate limits have been checked. */
    rateCheck?: RateCheck;
  };
};
export type App = OpenAPIHono<AppEnv>;
export type AppContext = Context<AppEnv>;

type ContentTypes = Record<string, { schema: z.ZodType }>;

interface Body<B extends z.ZodType> {
  schema: B;
  maxBytes: number;
  /** The schema in the API document, if it differs from the validated one. */
  documented?: z.ZodType;
  /** A path parameter that the body may repeat, since a resource is read with its id. */
  repeats?: string;
}

interface AnswerShape<A extends z.ZodType> {
  /** 200 unless given. */
  status?: 201 | 202 | 204;
  description: string;
  schema?: A;
  /** Set if the answer is not JSON. */
  content?: ContentTypes;
  headers?(answer: z.input<A>): Record<string, string>;
}

/** Input of an endpoint's handler. */
interface Input<P extends z.ZodType, Q extends z.ZodType, B extends z.ZodType> {
  params: z.output<P>;
  query: z.output<Q>;
  body: z.output<B>;
  caller: Caller;
}

interface Definition<P extends z.ZodType, Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType, Deps> {
  method: 'get' | 'put' | 'post' | 'patch' | 'delete';
  /** Parameters in braces: `/v1/items/{itemId}`. */
  path: string;
  /** Name of the operation in generated clients; absent for endpoints outside the API document. */
  operationId?: string;
  tag: string;
  summary: string;
  description?: string;
  /** Scopes that a key needs; absent if the endpoint is public. */
  scope?: Scope | readonly Scope[];
  /** True if a player's token may call it too; a path with `{userId}` is then open to the token's own player alone. */
  isOpenToPlayers?: boolean;
  /** A stricter rate limit, besides the caller's own. */
  strictLimit?: StrictLimit;
  params?: P;
  query?: Q;
  body?: Body<B>;
  answer: AnswerShape<A>;
  /** Problems besides those of keys, parameters and bodies. */
  problems?: readonly ProblemStatus[];
  /** Answers besides `answer`. */
  responses?: RouteConfig['responses'];
  /**
   * Every change with the scope `admin` is in the audit log. These functions add the resource before and after the
   * change: never a secret, never a player.
   */
  audit?: {
    /** Tells the calls that need the scope `admin` apart on an endpoint with another scope. */
    isAdministrative?(input: Input<P, Q, B>): boolean;
    readBefore?(input: Input<P, Q, B>, deps: Deps): unknown;
    readAfter?(answer: z.input<A>, input: Input<P, Q, B>, deps: Deps): unknown;
  };
  /** A Response is passed on unchanged. */
  handle(input: Input<P, Q, B>, deps: Deps): z.input<A> | Response | Promise<z.input<A> | Response>;
}

/** An endpoint as registered; only its own handler knows the types of its input. */
export interface Endpoint<Deps> {
  route: ReturnType<typeof createRoute>;
  respond: (c: AppContext, deps: Deps) => Promise<Response>;
}

export function defineEndpoint<
  P extends z.ZodType,
  Q extends z.ZodObject,
  B extends z.ZodType,
  A extends z.ZodType,
  Deps,
>(definition: Definition<P, Q, B, A, Deps>): Endpoint<Deps> {
  const { params, query, body, answer } = definition;
  const known = Object.keys(query?.shape ?? {});
  const answerCall = async (c: AppContext, deps: Deps, slot?: BodySlot): Promise<Response> => {
    const caller = await admit(c, definition);
    // Before any validation: another player's path is forbidden, whatever else is wrong.
    const named = resolveParams(c.req.param(), caller);
    const input = {
      caller,
      query: parseInput(query, readQuery(c.req.queries(), known)),
      params: parseInput(params, named),
      // In a patch, null is a value: it empties the field.
      body: body && parseInput(body.schema, await readBody(c, body, slot), definition.method !== 'patch'),
    };
    await limitStrictly(c, caller, definition.strictLimit);
    const answered = await answerAudited(definition, input as Input<P, Q, B>, deps, c.env);
    if (answered instanceof Response) return answered;
    if (answer.status === 204) return c.body(null, 204);
    return c.json(answered, answer.status ?? 200, answer.headers?.(answered));
  };
  const respond = (c: AppContext, deps: Deps) =>
    body === undefined ? answerCall(c, deps) : refuseOverload((slot) => answerCall(c, deps, slot));
  return { route: describeRoute(definition), respond };
}

export const markArrival: MiddlewareHandler<AppEnv> = (c, next) => {
  markNow(c);
  return next();
};

const markNow = (c: AppContext): void => c.set('arrivedAt', Date.now());

/** Throws `overloaded`, before the body is read, if this isolate works on too many requests with a body. */
async function refuseOverload(answer: (slot: BodySlot) => Promise<Response>): Promise<Response> {
  const slot = ingests.enterBeforeBody(Date.now());
  if (slot === undefined) throw new ProblemError('overloaded', 'Too many requests at once; send this one again.');
  try {
    return await answer(slot);
  } finally {
    slot.leave();
  }
}

/** Calls the handler; an administrator's change goes through the audit log. */
function answerAudited<P extends z.ZodType, Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType, Deps>(
  { method, path, scope, answer, audit, handle }: Definition<P, Q, B, A, Deps>,
  input: Input<P, Q, B>,
  deps: Deps,
  env: Pick<Env, 'DB'>,
): ReturnType<typeof handle> {
  const { caller } = input;
  // Other keys must not be able to push entries out of the log.
  if (method === 'get' || caller.kind !== 'key' || !hasScope(caller, 'admin')) return handle(input, deps);
  if (!listScopes(scope).includes('admin') && !audit?.isAdministrative?.(input)) return handle(input, deps);
  return recordChange(openAuditLog(env), {
    keyId: caller.keyId,
    method: method.toUpperCase(),
    path,
    ids: omitPlayers((input.params ?? {}) as Record<string, string>),
    status: answer.status ?? 200,
    readBefore: async () => audit?.readBefore?.(input, deps),
    make: () => handle(input, deps),
    readAfter: (made) => (made instanceof Response ? undefined : audit?.readAfter?.(made, input, deps)),
  });
}

const openAuditLog = ({ DB }: Pick<Env, 'DB'>): AuditLog => ({
  begin: (change) => beginAuditEntry(DB, change, Date.now()),
  end: (entryId, outcome) => endAuditEntry(DB, entryId, outcome),
});

/** `connect` opens what the handlers need, for one request. */
export function registerEndpoints<Deps>(
  app: App,
  endpoints: readonly Endpoint<Deps>[],
  connect: (c: AppContext) => Deps,
): void {
  for (const { route, respond } of endpoints) {
    app.openAPIRegistry.registerPath(route);
    app.on(route.method, route.getRoutingPath(), (c) => {
      c.set('route', `${route.method.toUpperCase()} ${route.path}`);
      return respond(c, connect(c));
    });
  }
}

/** Identifies the caller; throws if it may not call the endpoint, or calls too often. */
async function admit(
  c: AppContext,
  { scope, isOpenToPlayers = false }: { scope?: Scope | readonly Scope[]; isOpenToPlayers?: boolean },
): Promise<Caller> {
  const caller = scope === undefined ? ANYONE : await identify(c);
  await limitOwnRate(c, caller);
  if (caller.kind !== 'anyone') authorize(caller, { scopes: listScopes(scope), isOpenToPlayers });
  return caller;
}

/** A caller that cannot be identified, for whatever reason, is limited by its IP address. */
async function identify(c: AppContext): Promise<IdentifiedCaller> {
  try {
    const caller = await authenticate(
      c.env,
      (name) => c.req.header(name),
      (promise) => c.executionCtx.waitUntil(promise),
    );
    c.set('caller', caller);
    return caller;
  } catch (error) {
    if (error instanceof ProblemError && isUnidentified(error)) await limitOwnRate(c, ANYONE);
    throw error;
  }
}

/** `unavailable`: D1 or the issuer fails; each such request calls it again. */
const isUnidentified = ({ kind }: ProblemError): boolean => kind === 'unauthorized' || kind === 'unavailable';

const ANYONE: Caller = { kind: 'anyone' };

/** Throws `rate-limited` if the policy refuses the request. */
async function limitRate(c: AppContext, policy: RatePolicy): Promise<void> {
  const isRefused = !(await takeRequest(c.env.RATE_LIMITS, policy));
  const policies = [...(c.get('rateCheck')?.policies ?? []), policy];
  c.set('rateCheck', { policies, refused: isRefused ? policy : undefined });
  if (isRefused) throw new ProblemError('rate-limited', describeRefusal(policy));
}

const limitOwnRate = (c: AppContext, caller: Caller): Promise<void> =>
  limitRate(c, chooseOwnPolicy(caller, readAddress(c), c.env));

/** Counts a request that reaches no endpoint against its IP address; throws `rate-limited`. */
export const limitAddressRate = (c: AppContext): Promise<void> => limitOwnRate(c, ANYONE);

/** Called after validation, so that an invalid request does not count against the stricter limit. */
async function limitStrictly(c: AppContext, caller: Caller, name: StrictLimit | undefined): Promise<void> {
  const policy = name && chooseStrictPolicy(name, caller, readAddress(c), c.env);
  if (policy !== undefined) await limitRate(c, policy);
}

const readAddress = (c: AppContext): string | undefined => c.req.header('cf-connecting-ip');

const resolveParams = ({ userId, ...params }: Record<string, string>, caller: Caller): Record<string, string> =>
  userId === undefined ? params : { ...params, userId: resolveUserId(caller, userId) };

const listScopes = (scope: Scope | readonly Scope[] = []): readonly Scope[] => [scope].flat();

const describeRoute = <P extends z.ZodType, Q extends z.ZodObject, B extends z.ZodType, A extends z.ZodType, Deps>({
  method,
  path,
  operationId,
  tag,
  summary,
  description,
  scope,
  isOpenToPlayers,
  params,
  query,
  body,
  answer,
  problems = [],
  responses,
}: Definition<P, Q, B, A, Deps>) =>
  createRoute({
    method,
    path,
    ...(operationId && { operationId }),
    tags: [tag],
    summary,
    ...(description && { description }),
    security: scope ? [{ bearer: [...listScopes(scope)] }, ...(isOpenToPlayers ? [{ token: [] }] : [])] : [],
    request: {
      ...(params && { params: params as never }),
      ...(query && { query: query as never }),
      ...(body && { body: { required: true, content: toJson(body.documented ?? body.schema) } }),
    },
    responses: {
      ...responses,
      [answer.status ?? 200]: {
        description: answer.description,
        headers: POLICY_HEADER,
        ...(answer.schema && { content: toJson(answer.schema) }),
        ...(answer.content && { content: answer.content }),
      },
      ...describeProblems([
        ...(scope ? ([401, 403] as const) : []),
        400,
        429,
        ...(body ? ([408, 413, 415, 503] as const) : []),
        ...problems,
      ]),
    },
  });

const toJson = (schema: z.ZodType) => ({ 'application/json': { schema } });

const describeProblems = (statuses: readonly ProblemStatus[]): RouteConfig['responses'] =>
  Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: titleOf(status),
        ...(HEADERS[status] && { headers: HEADERS[status] }),
        content: { [PROBLEM_CONTENT_TYPE]: { schema: Problem } },
      },
    ]),
  );

const HEADERS = {
  429: { ...REFUSAL_HEADERS, ...RETRY_HEADER },
  503: RETRY_HEADER,
} as Partial<Record<ProblemStatus, typeof RETRY_HEADER>>;

/** Undefined if there is no schema. Throws the problem that names each invalid field. */
function parseInput(schema: z.ZodType | undefined, value: unknown, nullIsAbsence = false): unknown {
  if (schema === undefined) return undefined;
  const parsed = nullIsAbsence ? parseBody(schema, value) : schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(parsed.error.issues);
}

async function readBody<B extends z.ZodType>(
  c: AppContext,
  { maxBytes, repeats }: Body<B>,
  slot: BodySlot | undefined,
): Promise<unknown> {
  slot?.markBodyAwaited(Date.now());
  const body = await readJson(c.req.raw, maxBytes, slot?.isCut);
  markNow(c);
  slot?.markBodyArrived(Date.now());
  return repeats === undefined ? body : withoutId(body, repeats, c.req.param(repeats));
}
