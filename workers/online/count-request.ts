// Counts each request by route, status and problem. The counts leave the isolate with others (isolate-counts.ts).

import type { MiddlewareHandler } from 'hono';
import { NO_LABEL, OTHER_LABEL } from '../../models/contracts/system-metrics.ts';
import { count, sendDueCounts } from '../storage/isolate-counts.ts';
import type { AppEnv } from './endpoint.ts';
import { type ProblemKind, problemOf } from './problems.ts';

/** Goes before all other middleware: it sees the answers of all. */
export const countRequest: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const { status } = c.res;
  const route = c.get('route');
  const problem = nameProblem(c.error, status);
  count('requests', { route: route ?? OTHER_LABEL, status: String(status), problem: problem ?? NO_LABEL });
  // Requests that reach no endpoint must not cause messages.
  if (route !== undefined) sendDueCounts(c.env.SLATES, (promise) => c.executionCtx.waitUntil(promise));
};

function nameProblem(error: Error | undefined, status: number): ProblemKind | undefined {
  if (error !== undefined) return problemOf(error);
  return status === 404 ? 'not-found' : undefined;
}
