// Failures as the caller gets them: the server's problem details (RFC 9457), and the client's own problems if there is
// no answer.

/** The server's document. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** The invalid fields. */
  errors?: { path: string; message: string }[];
}

/** Types of the client's own problems, which have the status 0. */
export type OwnProblemType = 'network' | 'timeout' | 'token';

export class Problem extends Error implements ProblemDocument {
  /** A reference from the server, such as /docs#problem-too-many, or an OwnProblemType. */
  declare readonly type: string;
  declare readonly title: string;
  /** HTTP status; 0 without an answer. */
  declare readonly status: number;
  declare readonly detail?: string;
  declare readonly errors?: { path: string; message: string }[];
  /** The wait that the server asks for (Retry-After). */
  declare readonly retryAfterMs?: number;

  constructor(document: ProblemDocument & { retryAfterMs?: number }, cause?: unknown) {
    const { title, detail, errors = [] } = document;
    const fields = errors.map(({ path, message }) => `${path}: ${message}`);
    super([title, detail, ...fields].filter(Boolean).join(' · '), { cause });
    Object.assign(this, document, { name: 'Problem' });
  }

  /** The same request may succeed later: no answer, no valid token, too many requests, or an error of the server. */
  get isTemporary(): boolean {
    return [0, 401, 408, 429].includes(this.status) || this.status >= 500;
  }
}

export const createOwnProblem = (type: OwnProblemType, title: string, cause?: unknown): Problem =>
  new Problem({ type, title, status: 0 }, cause);

/** Accepts any body: a proxy's answer is not a problem document. */
export async function readProblem(response: Response): Promise<Problem> {
  const { status } = response;
  const body = (await response.json().catch(() => null)) as Partial<ProblemDocument> | null;
  const retryAfterMs = readRetryAfter(response.headers);
  return new Problem({ type: 'about:blank', title: `The server answered ${status}`, ...body, status, retryAfterMs });
}

/** Reads seconds, or a date, which is compared with the server's own `Date`. */
export function readRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
