// The Worker's log: JSON lines with a level, the id of the request that they belong to, and never a key, a token or
// another secret. Cloudflare's logs and their export take the fields as they are.

import { AsyncLocalStorage } from 'node:async_hooks';

/** The request, or the run of a job or a consumer, to which lines belong. */
export interface LogContext {
  requestId: string;
  /** Texts that came with it and must not be logged. */
  secrets: readonly string[];
}

type Fields = Readonly<Record<string, unknown>>;
type Level = 'warn' | 'error';

const contexts = new AsyncLocalStorage<LogContext>();

/** The forms of secrets: a bearer, a JSON Web Token, a stored key, the secret of a subscription, a token key. */
const SECRETS = [
  /\bbearer\s+[^\s"\\]+/gi,
  /\beyJ[\w-]{8,}\.[\w-]+\.[\w-]+/g,
  /\bbloodstream_[0-9a-f]{8,}_[\w-]{8,}/g,
  /\bwhsec_[\w+/=-]+/g,
  /"d":"[\w-]{20,}"/g,
];
const HIDDEN = '[secret]';
/** Shorter texts would hide parts of ordinary words. */
const SECRET_LENGTH_MIN = 6;
const SECRET_HEADERS = ['authorization', 'x-api-key', 'sec-websocket-protocol', 'cookie'];

/** Runs work whose lines have the id of the context, and all that it awaits or starts. */
export const inContext = <T>(context: LogContext, work: () => T): T => contexts.run(context, work);

/** The context of a request: Cloudflare's id of it, or a new one. */
export const contextOf = ({ headers }: Pick<Request, 'headers'>): LogContext => ({
  requestId: headers.get('cf-ray') ?? crypto.randomUUID(),
  secrets: SECRET_HEADERS.flatMap((name) => headers.get(name) ?? []).flatMap((value) => [
    ...value.split(/[\s,]+|\bbearer\b\.?/i).filter((part) => part.length >= SECRET_LENGTH_MIN),
  ]),
});

/** For work that no request has begun. */
export const newContext = (): LogContext => ({ requestId: crypto.randomUUID(), secrets: [] });

/** Undefined outside `inContext`. */
export const currentRequestId = (): string | undefined => contexts.getStore()?.requestId;

const REQUEST_IDS_MAX = 10;

/** The requests that sent what a line is about, for the line of a consumer; a part of them if they are many. */
export function listRequestIds(sent: readonly ({ requestId?: unknown } | null | undefined)[]): {
  requestIds: string[];
} {
  const ids = sent.flatMap((one) => (typeof one?.requestId === 'string' ? one.requestId : []));
  return { requestIds: [...new Set(ids)].slice(0, REQUEST_IDS_MAX) };
}

/** Something is lost or late, and a person should look. `alert`: a short fixed text, by which lines are found. */
export const logError = (alert: string, fields: Fields = {}): void => write('error', alert, fields);

/** Something fell back or will be tried again; nobody needs to act. */
export const logWarning = (alert: string, fields: Fields = {}): void => write('warn', alert, fields);

function write(level: Level, alert: string, fields: Fields): void {
  const { requestId, secrets = [] } = contexts.getStore() ?? {};
  let line = JSON.stringify({ level, alert, ...(requestId && { requestId }), ...fields });
  for (const secret of secrets) line = line.replaceAll(JSON.stringify(secret).slice(1, -1), HIDDEN);
  for (const form of SECRETS) line = line.replace(form, HIDDEN);
  console[level](line);
}
