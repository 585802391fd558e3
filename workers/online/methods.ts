// Answers OPTIONS on every route, and methods that a route lacks: 405 with the methods that it has. Preflights are
// answered for every origin and without a key. They open nothing: cors.ts shows or withholds the answer to the request
// itself.

import type { Context, MiddlewareHandler } from 'hono';
import { methodNotAllowed } from 'hono/method-not-allowed';
import { type App, type AppContext, limitAddressRate } from './endpoint.ts';
import { problemResponse } from './problems.ts';

/** Two hours: Chromium caches a preflight no longer. */
const PREFLIGHT_MAX_AGE_SECONDS = 7_200;
/** Headers that a client of this API may send, besides those that need no preflight. */
const REQUEST_HEADERS = ['authorization', 'content-type', 'content-encoding', 'if-none-match', 'last-event-id'];

/**
 * Counts a request that no route takes, which will get 404 or 405, against its IP address. Preflights are free: a page
 * whose preflight is refused cannot read why.
 */
export async function limitUnrouted(c: AppContext): Promise<void> {
  if (c.req.method !== 'OPTIONS') await limitAddressRate(c);
}

/** Reads the app's routes at the first request that matches none. */
export const answerOtherMethods = (app: App): MiddlewareHandler =>
  methodNotAllowed({ app, onMethodNotAllowed: answerOtherMethod });

function answerOtherMethod(c: Context, methods: string[]): Response {
  const allowed = [...methods, 'OPTIONS'].join(', ');
  if (c.req.method === 'OPTIONS') return answerOptions(c, allowed);
  const response = problemResponse('method-not-allowed', `${c.req.path} takes ${allowed}.`);
  response.headers.set('allow', allowed);
  return response;
}

function answerOptions(c: Context, allowed: string): Response {
  const headers = new Headers({ allow: allowed });
  if (c.req.header('access-control-request-method') !== undefined) {
    headers.set('access-control-allow-methods', allowed);
    headers.set('access-control-allow-headers', REQUEST_HEADERS.join(', '));
    headers.set('access-control-max-age', String(PREFLIGHT_MAX_AGE_SECONDS));
  }
  return new Response(null, { status: 204, headers });
}
