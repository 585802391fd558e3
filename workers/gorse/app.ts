// gorse's REST API over the handlers of the online tier, for a store that moves from gorse: docs/guides/gorse.md. It
// answers under /api if the setting GORSE_API is `on`, and leaves every decision to the online tier.

import { OpenAPIHono } from '@hono/zod-openapi';
import { forbidCaching } from '../online/caching.ts';
import { countRequest } from '../online/count-request.ts';
import { type AppEnv, limitAddressRate, markArrival } from '../online/endpoint.ts';
import { answerOtherMethods, limitUnrouted } from '../online/methods.ts';
import { onError, ProblemError, problemResponse } from '../online/problems.ts';
import { showRateLimits } from '../online/rate-headers.ts';
import { secureAnswers } from '../online/security-headers.ts';
import { routeAbsent } from './absent.ts';
import { routeFeedback } from './feedback.ts';
import { routeItems } from './items.ts';
import { routeLists } from './lists.ts';
import { routeRecommend } from './recommend.ts';
import { routeUsers } from './users.ts';

/** Visible ASCII without spaces, as keys are. */
const KEY = /^[\x21-\x7e]{1,512}$/;

export const isForGorse = (request: Request, { GORSE_API }: Pick<Env, 'GORSE_API'>): boolean =>
  GORSE_API === 'on' && new URL(request.url).pathname.startsWith('/api/');

/** Not strict: clients of gorse may end a path with a slash. */
export const gorse = new OpenAPIHono<AppEnv>({ strict: false });

gorse.use(countRequest, markArrival);
gorse.use(secureAnswers(), forbidCaching);
gorse.use(showRateLimits, answerOtherMethods(gorse));
gorse.use(async (c, next) => {
  // Answered for everybody, as in the online tier.
  if (c.req.method === 'OPTIONS') return next();
  const key = c.req.header('x-api-key');
  if (key === undefined || !KEY.test(key)) {
    await limitAddressRate(c);
    throw new ProblemError('unauthorized', 'Send one of the store’s keys in the header “X-API-Key”.');
  }
  const headers = new Headers(c.req.raw.headers);
  headers.set('authorization', `Bearer ${key}`);
  c.req.raw = new Request(c.req.raw, { headers });
  return next();
});
gorse.onError(onError);
gorse.notFound(async (c) => {
  await limitUnrouted(c);
  return problemResponse('not-found', `gorse’s API has no route ${c.req.method} ${c.req.path} here.`);
});

routeItems(gorse);
routeUsers(gorse);
routeFeedback(gorse);
routeRecommend(gorse);
routeLists(gorse);
routeAbsent(gorse);
