// Judges the answer to a fuzzed request. Pure.

import { PROBLEM_CONTENT_TYPE, Problem } from '../../../models/contracts/problem.ts';
import type { Answer } from '../target/client.ts';
import { type Canary, findCanaries } from '../target/store.ts';
import { type Operation, readsEveryone, refusalOf } from './operations.ts';
import type { FuzzedRequest } from './request.ts';

export interface Knowledge {
  canaries: readonly Canary[];
  /** Texts that no answer may contain. */
  secrets: readonly string[];
}

/** Answers by the router, which reaches no operation. */
const UNROUTED = [404, 405];
/** Any operation may be rate-limited or shed, or be unable to check a key. */
const EVERYWHERE = [429, 503];

/** Undefined if the answer is correct. */
export function judge(request: FuzzedRequest, answer: Answer, { canaries, secrets }: Knowledge): string | undefined {
  const { status, text } = answer;
  const { credential } = request;
  if (status >= 500 && !isDeferred(answer)) return `status ${status}`;
  const shown = readsEveryone(credential) ? [] : findCanaries(text, canaries);
  if (shown.length > 0) return `shows ${shown.join(', ')}`;
  if (secrets.some((secret) => text.includes(secret))) return 'shows a secret';
  return judgeForm(request, answer) ?? judgeAccess(request, answer);
}

/** A 503 or 429 that says when to try again. */
const isDeferred = ({ status, headers }: Answer): boolean => EVERYWHERE.includes(status) && 'retry-after' in headers;

function judgeForm({ method, path, operation }: FuzzedRequest, { status, headers, text }: Answer): string | undefined {
  if (status >= 300 && status < 400 && status !== 304) return `redirects with ${status}`;
  if (status < 400) {
    const isPersonal = path.startsWith('/v1/users/') && status !== 204;
    const isKept = method === 'GET' && isPersonal && !`${headers['cache-control']}`.includes('no-store');
    return isKept ? 'may be cached' : undefined;
  }
  if (method === 'HEAD') return undefined;
  const type = headers['content-type'];
  if (type !== PROBLEM_CONTENT_TYPE) return `status ${status} as ${type}`;
  if (readProblem(text)?.status !== status) return `status ${status} without its problem`;
  const isKnown = [...operation.statuses, ...UNROUTED, ...EVERYWHERE].includes(status);
  return isKnown || method !== operation.method ? undefined : `undocumented status ${status}`;
}

/** False for a path that leads elsewhere: through an empty segment, more segments than expected, or dot segments. */
function isRoutedTo({ path: template }: Operation, path: string): boolean {
  const [raw] = path.split('?', 1);
  const segments = raw!.split('/');
  const expected = template.split('/');
  return (
    URL.parse(raw!, 'http://localhost')?.pathname === raw &&
    segments.length === expected.length &&
    segments.every((segment, index) => segment !== '' || expected[index] === '')
  );
}

function readProblem(text: string): Problem | undefined {
  try {
    return Problem.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function judgeAccess({ operation, credential, method, path }: FuzzedRequest, { status }: Answer): string | undefined {
  const refusal = refusalOf(operation, credential);
  if (refusal === undefined || method !== operation.method) return undefined;
  if (status === refusal || EVERYWHERE.includes(status)) return undefined;
  // Any other 404 would tell a caller who may not know which ids exist.
  if (UNROUTED.includes(status) && !isRoutedTo(operation, path)) return undefined;
  return `${credential.name} gets ${status} instead of ${refusal}`;
}
