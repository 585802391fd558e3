// Calls Cloudflare's API. Errors say what to do next.

import { sendWithSecret } from '../local/secret-request.ts';

/** Cloudflare ends a call by then; a batch of D1 may take that long. */
const TIMEOUT_MS = 100_000;
/** The largest page size that every list accepts. */
const PAGE_LENGTH = 50;
const PUBLIC_URL = 'https://api.cloudflare.com/client/v4';

/** The permission that a path of the API needs; the first match counts. */
const PERMISSIONS: readonly [RegExp, string][] = [
  [/\/d1\//, 'D1: Edit'],
  [/\/r2\//, 'Workers R2 Storage: Edit'],
  [/\/queues/, 'Queues: Edit'],
  [/\/workers\//, 'Workers Scripts: Edit'],
  [/^\/accounts$/, 'Account Settings: Read'],
];
/** Errors of malformed, unknown, expired and insufficient tokens. */
const TOKEN_CODES = new Set([6003, 6111, 9106, 9109, 10000]);
const R2_DISABLED_CODE = 10042;
const PLAN = /\b(plan|upgrade|subscri|entitle)/i;

interface Answer {
  success: boolean;
  result: unknown;
  errors?: { code: number; message: string }[];
  result_info?: { page?: number; per_page?: number; total_count?: number };
}
export class CloudflareError extends Error {
  /** Cloudflare's own number of the error; 0 if it gave none. */
  readonly code: number;
  /** The answer's, as in HTTP. */
  readonly status: number;

  constructor(message: string, code: number, status: number) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

export interface CloudflareApi {
  /** Throws a CloudflareError if Cloudflare refuses. */
  call<T>(method: string, path: string, body?: object): Promise<T>;
  /** All pages of a list. */
  list<T>(path: string): Promise<T[]>;
}

/** `baseUrl`: another address than Cloudflare's own, as wrangler takes it from CLOUDFLARE_API_BASE_URL. */
export function openApi(token: string, baseUrl = PUBLIC_URL): CloudflareApi {
  const request = async (method: string, path: string, body?: object): Promise<Answer> => {
    const { ok, status, text } = await sendWithSecret({
      method,
      url: `${baseUrl}${path}`,
      server: 'Cloudflare',
      secret: token,
      secretName: 'CLOUDFLARE_API_TOKEN',
      body,
      timeoutMs: TIMEOUT_MS,
      remedy: ': check the network, and run this again',
    });
    const answer = parseAnswer(text);
    if (ok && answer?.success === true) return answer;
    const { code, message } = answer?.errors?.[0] ?? { code: 0, message: `the answer was ${status}` };
    const [resource] = path.split('?') as [string];
    throw new CloudflareError(explainRefusal(status, code, message, `${method} ${resource}`, resource), code, status);
  };
  return {
    call: async <T>(method: string, path: string, body?: object) => (await request(method, path, body)).result as T,
    async list<T>(path: string) {
      const items: T[] = [];
      for (let page = 1; ; page++) {
        const { result, result_info } = await request('GET', `${path}?page=${page}&per_page=${PAGE_LENGTH}`);
        const found = result as T[];
        items.push(...found);
        const total = result_info?.total_count;
        const isLast = total === undefined ? found.length < PAGE_LENGTH : items.length >= total;
        if (isLast || found.length === 0) return items;
      }
    },
  };
}

function parseAnswer(text: string): Answer | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function explainRefusal(status: number, code: number, message: string, request: string, path: string): string {
  const reason = `Cloudflare refuses ${request}: ${message}${code === 0 ? '' : ` (${code})`}`;
  if (code === R2_DISABLED_CODE)
    return `${reason}: switch R2 on for the account, once, at https://dash.cloudflare.com/?to=/:account/r2`;
  if (PLAN.test(message)) return `${reason}: the plan of the account lacks this; docs/guides/deploy.md names the plan`;
  if (status === 401 || status === 403 || TOKEN_CODES.has(code)) {
    const permission = PERMISSIONS.find(([pattern]) => pattern.test(path))?.[1];
    const needed = permission === undefined ? '' : `, or lacks the permission “${permission}” for this account`;
    return `${reason}: CLOUDFLARE_API_TOKEN is wrong or expired${needed}; docs/guides/deploy.md says how to get one`;
  }
  if (status === 429) return `${reason}: wait five minutes, and run this again`;
  if (status >= 500) return `${reason}: run this again; what is done already stays`;
  return reason;
}

/** The account that the token is for, unless its id is given. Throws if there are several. */
export async function findAccountId(api: CloudflareApi, given: string | undefined): Promise<string> {
  if (given !== undefined && given !== '') return given;
  const accounts = await api.list<{ id: string; name: string }>('/accounts');
  if (accounts.length === 1) return accounts[0]!.id;
  const listed = accounts.map(({ id, name }) => `\n  ${id}  ${name}`).join('');
  throw new Error(
    accounts.length === 0
      ? 'the token opens no account: set CLOUDFLARE_ACCOUNT_ID to the id of the account'
      : `the token opens several accounts: set CLOUDFLARE_ACCOUNT_ID to one of${listed}`,
  );
}
