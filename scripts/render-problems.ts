// Renders the list of problems in the API reference, to which the `type` of each problem links.

import { PROBLEM_KINDS, type ProblemKind } from '../workers/online/problems.ts';

/** Advice to the caller. */
const REMEDIES: Readonly<Record<ProblemKind, string>> = {
  'invalid-input': 'Correct the fields that “errors” names. The same request would fail again.',
  'malformed-json': 'Send a body of valid JSON in UTF-8.',
  unauthorized:
    'Send the header “Authorization: Bearer” with a key or a player’s token; get a new token if it has expired.',
  forbidden: 'Use a key with the scope that “detail” names; a token opens its own player’s data alone.',
  'not-found': 'Check the path and the id; “detail” says which is unknown.',
  'method-not-allowed': 'Use one of the methods in the header “Allow”.',
  'not-acceptable': 'Request a content type that the operation offers.',
  'incomplete-body': 'Send the same request again; over a bad connection, send less at once.',
  conflict: 'The current state does not allow the request; “detail” says what to do first.',
  'too-large': 'Send less: split events and items over several requests.',
  'unsupported-media-type':
    'Send JSON with “Content-Type: application/json”, uncompressed or compressed with gzip or deflate.',
  'too-many': 'Close connections that are no longer used, then try again.',
  'rate-limited':
    'Wait as many seconds as “Retry-After” says. “RateLimit-Policy” shows how many requests are allowed, and ' +
    '“detail” which requests count.',
  internal: 'Try again; if the error persists, tell the operator the id of the request.',
  overloaded:
    'Wait as many seconds as “Retry-After” says, then send the same request again: nothing was read or stored.',
  unavailable:
    'Wait as many seconds as “Retry-After” says, then send the same request again: no event is counted twice.',
};

export const renderProblems = (): string => {
  const entries = Object.entries(PROBLEM_KINDS).map(
    ([kind, { status, title }]) =>
      `<div id="problem-${kind}"><dt>${status} ${title} (<code>${kind}</code>)</dt>` +
      `<dd>${REMEDIES[kind as ProblemKind]}</dd></div>`,
  );
  return `<dl>${entries.join('\n')}</dl>`;
};
