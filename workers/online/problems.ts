// Maps every error to the problem that the caller receives (RFC 9457). Causes stay in the log.

import type { Context } from 'hono';
import { PROBLEM_CONTENT_TYPE, type Problem } from '../../models/contracts/problem.ts';
import { currentRequestId, logError } from '../logging/log.ts';

export const PROBLEM_KINDS = {
  'invalid-input': { status: 400, title: 'Invalid request' },
  'malformed-json': { status: 400, title: 'Malformed JSON' },
  unauthorized: { status: 401, title: 'Missing or unknown key or token' },
  forbidden: { status: 403, title: 'Not allowed' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'Method not allowed' },
  'not-acceptable': { status: 406, title: 'Not acceptable' },
  'incomplete-body': { status: 408, title: 'Incomplete request body' },
  conflict: { status: 409, title: 'Conflict' },
  'too-large': { status: 413, title: 'Request body too large' },
  'unsupported-media-type': { status: 415, title: 'Unsupported media type' },
  'too-many': { status: 429, title: 'Too many connections' },
  'rate-limited': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Internal error' },
  unavailable: { status: 503, title: 'Temporarily unavailable' },
  overloaded: { status: 503, title: 'Overloaded' },
} as const;
export type ProblemKind = keyof typeof PROBLEM_KINDS;
export type ProblemStatus = (typeof PROBLEM_KINDS)[ProblemKind]['status'];

/** `rate-limited`: the limiter's whole window, after which a request is admitted again in any case. */
const RETRY_AFTER_SECONDS: Partial<Record<ProblemKind, number>> = { 'rate-limited': 60, unavailable: 1, overloaded: 1 };

/** The titles of the problems with a status. */
export const titleOf = (status: ProblemStatus): string =>
  Object.values(PROBLEM_KINDS)
    .filter((kind) => kind.status === status)
    .map(({ title }) => title)
    .join(', or ');

export class ProblemError extends Error {
  readonly kind: ProblemKind;
  readonly errors: Problem['errors'];

  constructor(kind: ProblemKind, detail?: string, errors?: Problem['errors']) {
    super(detail);
    this.kind = kind;
    this.errors = errors;
  }
}

export const invalidInput = (issues: readonly { path: PropertyKey[]; message: string }[]): ProblemError =>
  new ProblemError(
    'invalid-input',
    undefined,
    issues.slice(0, 20).map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  );

export function problemResponse(kind: ProblemKind, detail?: string, errors?: Problem['errors']): Response {
  const { status, title } = PROBLEM_KINDS[kind];
  const problem: Problem = {
    type: `/docs#problem-${kind}`,
    title,
    status,
    ...(detail ? { detail } : {}),
    ...(errors ? { errors } : {}),
  };
  const headers = new Headers({ 'content-type': PROBLEM_CONTENT_TYPE });
  if (kind === 'unauthorized') headers.set('www-authenticate', 'Bearer');
  const retryAfterSeconds = RETRY_AFTER_SECONDS[kind];
  if (retryAfterSeconds !== undefined) headers.set('retry-after', String(retryAfterSeconds));
  return new Response(JSON.stringify(problem), { status, headers });
}

/** The kind of problem that an error is to the caller. */
export const problemOf = (error: Error): ProblemKind => (error instanceof ProblemError ? error.kind : 'internal');

export function onError(error: Error, c: Context): Response {
  if (error instanceof ProblemError) return problemResponse(error.kind, error.message || undefined, error.errors);
  logError('request failed', { method: c.req.method, path: c.req.path, error: String(error.stack ?? error) });
  const id = currentRequestId();
  const request = id === undefined ? 'the time of the request' : `the id of the request, ${id}`;
  return problemResponse('internal', `Try again; if it persists, tell the operator ${request}.`);
}

/** If storage fails, the caller may send the same request again. */
export async function orUnavailable<T>(step: Promise<T>, detail = 'Send the same request again.'): Promise<T> {
  try {
    return await step;
  } catch (error) {
    logError('storage failed', { error: String(error) });
    throw new ProblemError('unavailable', detail);
  }
}
