// The list of problems in the API reference, where the `type` of each problem leads.

import { PROBLEM_KINDS, type ProblemKind } from '../workers/online/problems.ts';

/** What the caller can do. */
const REMEDIES: Readonly<Record<ProblemKind, string>> = {
  'invalid-input': 'Correct the fields that “errors” names. The same request fails again.',
  'malformed-json': 'Send a body that is JSON in UTF-8.',
  unauthorized:
    'Send the header “Authorization: Bearer” with a key or a player’s token; ask for a new token if it ended.',
  forbidden: 'Use a key with the scope that “detail” names; a token opens its own player’s data alone.',
  'not-found': 'Check the path and the id; “detail” says which is unknown.',
  'method-not-allowed': 'Use a method that the header “Allow” names.',
  'not-acceptable': 'Ask for a form that the operation has.',
  conflict: 'The state stands in the way; “detail” says what to do first.',
  'too-large': 'Send less: split events and items over several requests.',
  'unsupported-media-type': 'Send JSON with “Content-Type: application/json”, in plain, gzip or deflate.',
  'too-many': 'Close connections that are not used any more, then try again.',
  internal: 'Try again; if it persists, tell the operator the time of the request.',
  unavailable:
    'Wait for as many seconds as “Retry-After” says, then send the same request again: events are not doubled.',
};

export const renderProblems = (): string => {
  const entries = Object.entries(PROBLEM_KINDS).map(
    ([kind, { status, title }]) =>
      `<div id="problem-${kind}"><dt>${status} ${title} (<code>${kind}</code>)</dt>` +
      `<dd>${REMEDIES[kind as ProblemKind]}</dd></div>`,
  );
  return `<dl>${entries.join('\n')}</dl>`;
};
