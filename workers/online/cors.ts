// Lets pages of other origins read answers (CORS). No cookie is involved: a page must hold a token or a key. A player's
// token opens only that player's data, so its answers may be read from every origin, as may public answers and
// problems. Answers to a key may be read where the setting CORS_ORIGINS or the key itself names the origin, since a key
// in a page is usually a mistake (docs/decisions/0021).

import type { MiddlewareHandler } from 'hono';
import type { Caller } from './caller.ts';
import type { AppEnv } from './endpoint.ts';

/** Headers of answers that scripts of other origins may read, besides those that CORS always exposes. */
const EXPOSED_HEADERS = [
  'allow',
  'content-disposition',
  'date',
  'etag',
  'location',
  'ratelimit',
  'ratelimit-policy',
  'retry-after',
  'www-authenticate',
].join(', ');

export const shareWithOrigins: MiddlewareHandler<AppEnv> = async (c, next) => {
  await next();
  if (c.res.status === 101) return;
  c.header('vary', 'Origin', { append: true });
  const origin = c.req.header('origin');
  if (origin === undefined || !mayRead(origin, c.get('caller'), c.env.CORS_ORIGINS)) return;
  c.header('access-control-allow-origin', origin);
  c.header('access-control-expose-headers', EXPOSED_HEADERS);
};

/** `setting`: origins separated by spaces; “*” stands for all. `caller`: undefined if none was identified. */
export function mayRead(origin: string, caller: Caller | undefined, setting: string | undefined): boolean {
  if (caller?.kind !== 'key') return true;
  const named = [...(setting ?? '').split(/\s+/), ...(caller.origins ?? [])];
  return named.includes('*') || named.includes(origin);
}
