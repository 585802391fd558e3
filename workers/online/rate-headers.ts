// Tells callers about rate limits, following draft-ietf-httpapi-ratelimit-headers. The platform's limiter does not
// reveal how many requests are left, so only refusals have `RateLimit`: then none is left.

import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from './endpoint.ts';
import type { RatePolicy } from './rate-limit.ts';
import { WINDOW_SECONDS } from './rate-limit-scale.ts';

export const showRateLimits: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  const check = c.get('rateCheck');
  // The headers of a WebSocket's answer come from the object.
  if (check === undefined || c.res.status === 101) return;
  const policies = check.policies.filter(({ perMinute }) => perMinute < Number.POSITIVE_INFINITY);
  if (policies.length > 0) c.header('ratelimit-policy', policies.map(formatPolicy).join(', '));
  if (check.refused !== undefined) c.header('ratelimit', `"${check.refused.name}";r=0;t=${WINDOW_SECONDS}`);
};

const formatPolicy = ({ name, perMinute }: RatePolicy): string => `"${name}";q=${perMinute};w=${WINDOW_SECONDS}`;
