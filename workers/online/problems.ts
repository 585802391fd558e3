// The one map from what went wrong to what the caller is told (RFC 9457). Causes stay in the log.

import type { Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { PROBLEM_CONTENT_TYPE, type Problem } from '../../models/contracts/problem.ts';

export const PROBLEM_KINDS = {
  'invalid-input': { status: 400, title: 'The request is not valid' },
  'malformed-json': { status: 400, title: 'The body is not JSON' },
  unauthorized: { status: 401, title: 'A key is needed' },
  forbidden: { status: 403, title: 'The key does not have the scope' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'not-acceptable': { status: 406, title: 'The answer has no such form' },
  conflict: { status: 409, title: 'It does not go with what is there' },
  'too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'too-many': { status: 429, title: 'There are too many' },
  internal: { status: 500, title: 'Something failed on our side' },
  unavailable: { status: 503, title: 'Not possible just now' },
} as const;
export type ProblemKind = keyof typeof PROBLEM_KINDS;

export class ProblemError extends Error {
  readonly kind: ProblemKind;
  readonly errors: Problem['errors'];

  constructor(kind: ProblemKind, detail?: string, errors?: Problem['errors']) {
    super(detail);
    this.kind = kind;
    this.errors = errors;
  }
}

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
  if (kind === 'unavailable') headers.set('retry-after', '1');
  return new Response(JSON.stringify(problem), { status, headers });
}

export function onError(error: Error, c: Context): Response {
  if (error instanceof ProblemError) return problemResponse(error.kind, error.message || undefined, error.errors);
  if (error instanceof HTTPException) {
    const kind = (Object.keys(PROBLEM_KINDS) as ProblemKind[]).find(
      (name) => PROBLEM_KINDS[name].status === error.status,
    );
    if (kind !== undefined) return problemResponse(kind === 'invalid-input' ? 'malformed-json' : kind, error.message);
  }
  console.error(
    JSON.stringify({
      alert: 'request failed',
      method: c.req.method,
      path: c.req.path,
      error: String(error.stack ?? error),
    }),
  );
  return problemResponse('internal', 'Try again; if it goes on, tell the operator when it happened.');
}
