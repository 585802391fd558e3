// Reads a request's query and refuses parameters that the route does not know: a misspelt age limit must not count as
// none. The route's schema validates the values.

import { ProblemError } from './problems.ts';

/** `queries`: all values of each parameter; `known`: the names of the route's parameters. */
export function readQuery(queries: Record<string, string[]>, known: readonly string[]): Record<string, unknown> {
  const unknown = Object.keys(queries).filter((name) => !known.includes(name));
  if (unknown.length > 0) throw unknownParameters(unknown, known);
  // A repeated parameter becomes a list, which only schemas of lists accept.
  return Object.fromEntries(
    Object.entries(queries).map(([name, values]) => [name, values.length === 1 ? values[0] : values]),
  );
}

const UNKNOWN_NAMED_MAX = 20;

const unknownParameters = (unknown: readonly string[], known: readonly string[]): ProblemError =>
  new ProblemError(
    'invalid-input',
    known.length === 0 ? 'This route has no query parameters.' : `Its query parameters are ${known.join(', ')}.`,
    unknown.slice(0, UNKNOWN_NAMED_MAX).map((path) => ({ path, message: 'is not a query parameter of this route' })),
  );
