// Calls /v1/keys of a Worker. Errors say what to do next.

import type { Key, NewKey, Scope } from '../../models/contracts/key.ts';
import type { Problem } from '../../models/contracts/problem.ts';

const TIMEOUT_MS = 30_000;

export interface KeyFields {
  name: string;
  scopes: Scope[];
  expiresAt?: string;
  origins?: string[];
  ratePerMinute?: number;
}

export interface KeyClient {
  list(): Promise<Key[]>;
  create(fields: KeyFields): Promise<NewKey>;
  revoke(keyId: string): Promise<void>;
}

/** `key`: one with the scope `admin`. */
export function openKeyClient(url: string, key: string): KeyClient {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const response = await fetch(new URL(path, url), {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      // A redirect would pass the key on.
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: Error) => {
      const cause = (error.cause as Error | undefined)?.message || error.message;
      throw new Error(`${url} does not answer (${cause}): run \`npm start\`, or name a Worker with --url`);
    });
    const text = await response.text();
    if (!response.ok) throw new Error(explainRefusal(response.status, text));
    return text === '' ? undefined : JSON.parse(text);
  };
  return {
    list: async () => ((await call('GET', '/v1/keys')) as { keys: Key[] }).keys,
    create: async (fields) => (await call('POST', '/v1/keys', fields)) as NewKey,
    revoke: async (keyId) => {
      await call('DELETE', `/v1/keys/${encodeURIComponent(keyId)}`);
    },
  };
}

function explainRefusal(status: number, text: string): string {
  const problem = readProblem(text);
  const fields = problem.errors?.map(({ path, message }) => `${path} ${message}`) ?? [];
  const reason = [problem.title ?? `the answer was ${status}`, problem.detail, ...fields].filter(Boolean).join(': ');
  if (status === 401) return `${reason} Set ADMIN_KEY to a key of this Worker with the scope admin.`;
  if (status === 404 && problem.detail?.startsWith('No key')) return `${reason} \`npm run keys -- list\` shows all.`;
  return reason;
}

function readProblem(text: string): Partial<Problem> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
