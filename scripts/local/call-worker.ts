// Calls the API of a Worker for a command. Errors say what to do next.

import type { Problem } from '../../models/contracts/problem.ts';

const TIMEOUT_MS = 30_000;

/** Returns the JSON of the answer; undefined if it has no body. Throws the problem as a sentence. */
export type CallWorker = (method: string, path: string, body?: object) => Promise<unknown>;

/** `key`: one with the scope `admin`. `listCommand`: lists what can be named, for an answer 404. */
export const openWorker =
  (url: string, key: string, listCommand: string): CallWorker =>
  async (method, path, body) => {
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
    if (!response.ok) throw new Error(explainRefusal(response.status, text, listCommand));
    return text === '' ? undefined : JSON.parse(text);
  };

function explainRefusal(status: number, text: string, listCommand: string): string {
  const problem = readProblem(text);
  const fields = problem.errors?.map(({ path, message }) => `${path} ${message}`) ?? [];
  const reason = [problem.title ?? `the answer was ${status}`, problem.detail, ...fields].filter(Boolean).join(': ');
  if (status === 401) return `${reason} Set ADMIN_KEY to a key of this Worker with the scope admin.`;
  if (status !== 404) return reason;
  return problem.detail?.startsWith('No route')
    ? `${reason} Deploy this version of the Worker first.`
    : `${reason} \`${listCommand}\` shows all.`;
}

function readProblem(text: string): Partial<Problem> {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
