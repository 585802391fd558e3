// Calls the API of a Worker for a command. Errors say what to do next.

import type { Problem } from '../../models/contracts/problem.ts';
import { sendWithSecret } from './secret-request.ts';

const TIMEOUT_MS = 30_000;

/** Returns the JSON of the answer; undefined if it has no body. Throws the problem as a sentence. */
export type CallWorker = (method: string, path: string, body?: object) => Promise<unknown>;

/** `key`: one with the scope `admin`. `listCommand`: lists what can be named, for an answer 404. */
export const openWorker =
  (url: string, key: string, listCommand: string): CallWorker =>
  async (method, path, body) => {
    const { ok, status, text } = await sendWithSecret({
      method,
      url: new URL(path, url),
      server: url,
      secret: key,
      secretName: 'the key',
      body,
      timeoutMs: TIMEOUT_MS,
      remedy: ': run `npm start`, or name a Worker with --url',
    });
    if (!ok) throw new Error(explainRefusal(status, text, listCommand));
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
