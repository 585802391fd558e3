// The API document's descriptions of headers that all endpoints send: rate limits, and the time to wait.

import { WINDOW_SECONDS } from './rate-limit-scale.ts';

const policy = {
  description: 'The limits that apply to the request: `q` requests in `w` seconds at each Cloudflare location.',
  schema: { type: 'string' as const },
  example: `"player";q=300;w=${WINDOW_SECONDS}`,
};

/** On every answer to a request that was counted. */
export const POLICY_HEADER = { 'RateLimit-Policy': policy };

/** On 429. */
export const REFUSAL_HEADERS = {
  ...POLICY_HEADER,
  RateLimit: {
    description: 'The exhausted limit; after `t` seconds requests are allowed again.',
    schema: { type: 'string' as const },
    example: `"player";r=0;t=${WINDOW_SECONDS}`,
  },
};
/** On 429 and 503. */
export const RETRY_HEADER = {
  'Retry-After': {
    description: 'Seconds to wait before sending the request again.',
    schema: { type: 'integer' as const },
  },
};
