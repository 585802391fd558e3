// Adds to the problems of OFREP's endpoints the members that its clients read: `key`, `errorCode`, `errorDetails`.

import type { MiddlewareHandler } from 'hono';
import { PROBLEM_CONTENT_TYPE, type Problem } from '../../models/contracts/problem.ts';
import type { AppEnv } from './endpoint.ts';
import { ProblemError } from './problems.ts';

export const TARGETING_KEY_PATH = ['context', 'targetingKey'];
export const TARGETING_KEY_MISSING = 'is missing';

const FLAG = /\/flags\/(.+)$/;

export const explainToOfrep: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (c.error === undefined) return;
  const problem: Problem = await c.res.json();
  const key = FLAG.exec(c.req.path)?.[1];
  const { detail, title, errors = [] } = problem;
  const body = {
    ...problem,
    ...(key !== undefined && { key: decode(key) }),
    errorCode: chooseCode(c.error),
    errorDetails: [detail ?? title, ...errors.map(({ path, message }) => `${path} ${message}`)].join(' '),
  };
  const headers = new Headers(c.res.headers);
  headers.set('content-type', PROBLEM_CONTENT_TYPE);
  headers.delete('content-length');
  c.res = new Response(JSON.stringify(body), { status: c.res.status, headers });
};

function chooseCode(error: Error): string {
  if (!(error instanceof ProblemError)) return 'GENERAL';
  switch (error.kind) {
    case 'malformed-json':
      return 'PARSE_ERROR';
    case 'not-found':
      return 'FLAG_NOT_FOUND';
    case 'invalid-input':
      return error.errors?.some(
        ({ path, message }) => path === TARGETING_KEY_PATH.join('.') && message === TARGETING_KEY_MISSING,
      )
        ? 'TARGETING_KEY_MISSING'
        : 'INVALID_CONTEXT';
    default:
      return 'GENERAL';
  }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
