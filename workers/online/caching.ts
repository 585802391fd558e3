// Decides which answers a client may keep, and how it revalidates them. By default none, since most are personal or for
// operators. Lists and items are the same for everybody with a key, so clients may keep them; they are `private`, since
// a shared cache would show them to requests without a key.

import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import type { Recommendations } from '../../models/contracts/gallery.ts';

const LIST_MAX_AGE_SECONDS = 60;
/** Shorter, since operators read an item again after changing it. */
const ITEM_MAX_AGE_SECONDS = 10;

export const forbidCaching: MiddlewareHandler = async (c, next) => {
  await next();
  if (c.res.status !== 101 && !c.res.headers.has('cache-control')) c.header('cache-control', 'private, no-store');
};

/** Answers 304 if the request has the answer's ETag: the one that the handler set, or a digest of the body. */
export const revalidate = etag({ weak: true });

/** For the API document: always revalidated, so that a deployment shows at once. */
export const DOCUMENT_HEADERS = { 'cache-control': 'public, no-cache' };

const createPrivateHeaders = (maxAgeSeconds: number) => ({
  'cache-control': `private, max-age=${maxAgeSeconds}`,
  'cross-origin-resource-policy': 'cross-origin',
  vary: 'Authorization, Accept-Language',
});

export const createItemHeaders = (): Record<string, string> => createPrivateHeaders(ITEM_MAX_AGE_SECONDS);

/** The ETag leaves out the answer's id and time, which change although the list does not. */
export function createListHeaders({
  recommendationId: _,
  generatedAt: __,
  ...content
}: Recommendations): Record<string, string> {
  // A degraded answer may be complete a second later.
  const maxAgeSeconds = content.degraded.length > 0 ? 0 : LIST_MAX_AGE_SECONDS;
  return { ...createPrivateHeaders(maxAgeSeconds), etag: makeEtag(JSON.stringify(content)) };
}

/** A weak ETag: the body may be compressed on its way. */
export const makeEtag = (text: string): string =>
  `W/"${createHash('sha256').update(text).digest('base64url').slice(0, 27)}"`;
