// The security headers of all of the Worker's answers. Static pages have their own (web/_headers).

import type { MiddlewareHandler } from 'hono';
import { secureHeaders } from 'hono/secure-headers';

const NONE = ["'none'"];
/** Answers are not pages: they load nothing, and no page may show them in a frame. */
const POLICY = { defaultSrc: NONE, baseUri: NONE, formAction: NONE, frameAncestors: NONE };

/** Keeps headers set by the handler. */
export const secureAnswers = (): MiddlewareHandler =>
  secureHeaders({ contentSecurityPolicy: POLICY, overwrite: false });
