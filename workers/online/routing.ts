// Declarations of routes that are not yet endpoints (endpoint.ts).

import type { z } from '@hono/zod-openapi';
import { createMiddleware } from 'hono/factory';
import { PROBLEM_CONTENT_TYPE, Problem } from '../../models/contracts/problem.ts';
import { requireScope, type Scope } from './auth.ts';
import { titleOf } from './problems.ts';

export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

/** A route's key, in the check as in the document. */
export const scoped = (scope: Scope) => ({
  middleware: createMiddleware<{ Bindings: Env }>(async (c, next) => {
    await requireScope(scope, c.env, (name) => c.req.header(name));
    await next();
  }),
  security: [{ bearer: [scope] }],
});

/** The problems that a route may answer with. */
export const problems = (...statuses: (400 | 404 | 406 | 409 | 413 | 415 | 429 | 503)[]) =>
  Object.fromEntries(
    ([401, 403, ...statuses] as const).map((status) => [
      status,
      { description: titleOf(status), content: { [PROBLEM_CONTENT_TYPE]: { schema: Problem } } },
    ]),
  );
