// Failures as the caller gets them: the server's problem details (RFC 9457), and problems of the client's own without
// an answer.

/** The server's document. */
export interface ProblemDocument {
  type: string;
  title: string;
  status: number;
  detail?: string;
  /** Each invalid field. */
  errors?: { path: string; message: string }[];
}

/** Types of the client's own problems, which have the status 0. */
export type OwnProblemType = 'network' | 'timeout' | 'token';

export class Problem extends Error implements ProblemDocument {
  /** A reference from the server, such as /docs#problem-too-many, or an OwnProblemType. */
  readonly type: string;
  readonly title: string;
  /** HTTP status; 0 without an answer. */
  readonly status: number;
  readonly detail?: string;
  readonly errors?: { path: string; message: string }[];
  /** The wait that the server asks for (Retry-After). */
  readonly retryAfterMs?: number;

  constructor({ type, title, status, detail, errors }: ProblemDocument, retryAfterMs?: number, cause?: unknown) {
    const fields = errors?.map(({ path, message }) => `${path}: ${message}`) ?? [];
    super([title, detail, ...fields].filter(Boolean).join(' · '), { cause });
    this.name = 'Problem';
    this.type = type;
    this.title = title;
    this.status = status;
    this.detail = detail;
    this.errors = errors;
    this.retryAfterMs = retryAfterMs;
  }

  /** The same request may succeed later: no answer, no valid token, too many requests, or an error of the server. */
  get isTemporary(): boolean {
    return [0, 401, 408, 429].includes(this.status) || this.status >= 500;
  }
}

export const createOwnProblem = (type: OwnProblemType, title: string, cause?: unknown): Problem =>
  new Problem({ type, title, status: 0 }, undefined, cause);

/** Any body: a proxy's answer is no problem document. */
export async function readProblem(response: Response): Promise<Problem> {
  const { status } = response;
  const body = (await response.json().catch(() => ({}))) as Partial<ProblemDocument> | null;
  const title = body?.title ?? `The server answered ${status}`;
  return new Problem({ type: 'about:blank', ...body, title, status }, readRetryAfter(response.headers));
}

/** Seconds, or a date, which is compared with the server's own. */
export function readRetryAfter(headers: Headers): number | undefined {
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.parse(headers.get('date') ?? '');
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
