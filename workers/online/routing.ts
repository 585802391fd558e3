// What every route shares: the shapes of its parameters, its answers and its key in the API document.

import { z } from '@hono/zod-openapi';
import { SLATE_LENGTH_DEFAULT, SLATE_LENGTH_MAX } from '../../models/contracts/gallery.ts';
import { Id } from '../../models/contracts/id.ts';
import { PROBLEM_CONTENT_TYPE, Problem } from '../../models/contracts/problem.ts';
import { requireScope, type Scope } from './auth.ts';
import { ProblemError } from './problems.ts';

export const UserParams = z.object({
  userId: Id.meta({ param: { name: 'userId', in: 'path' }, example: 'player-0001' }),
});
export const ItemParams = z.object({
  itemId: Id.meta({ param: { name: 'itemId', in: 'path' }, example: 'iron-tide' }),
});

/** A whole number in a query: digits alone, for an empty value is no zero. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .meta({ type: 'integer', minimum: min, maximum: max });

export const slateQuery = {
  n: wholeNumber(1, SLATE_LENGTH_MAX).default(SLATE_LENGTH_DEFAULT),
  expand: z.enum(['item']).optional().meta({ description: '`item` puts the whole item beside each id.' }),
};
export const Genre = z.string().min(1).max(64).optional().meta({ description: 'Only items of this genre, any case.' });

export const json = <S extends z.ZodType>(schema: S, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});

export const jsonBody = <S extends z.ZodType>(schema: S) => ({
  required: true,
  content: { 'application/json': { schema } },
});

/** A route's key, in the check as in the document. */
export const scoped = (scope: Scope) => ({
  middleware: requireScope(scope),
  security: [{ bearer: [scope] }],
});

/** The problems that a route may answer with. */
export const problems = (...statuses: (400 | 404 | 406 | 409 | 413 | 415 | 429 | 503)[]) =>
  Object.fromEntries(
    ([401, 403, ...statuses] as const).map((status) => [
      status,
      { description: PROBLEM_TEXT[status], content: { [PROBLEM_CONTENT_TYPE]: { schema: Problem } } },
    ]),
  );

const PROBLEM_TEXT = {
  400: 'The request is not valid; `errors` names each field.',
  401: 'No key, or an unknown one.',
  403: 'The key lacks the scope.',
  404: 'There is no such thing.',
  406: 'Neither form was asked for.',
  409: 'It does not go with what is there.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  429: 'There are too many already.',
  503: 'Not possible just now: send the same again.',
};

/** Reads a JSON body of at most `maxBytes`, however it is sent. Throws the problem that tells what is wrong with it. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new ProblemError('unsupported-media-type', 'Send “content-type: application/json”.');
  const text = await readText(request, maxBytes);
  if (text === undefined) throw new ProblemError('too-large', `At most ${maxBytes} bytes.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ProblemError('malformed-json', (error as Error).message);
  }
}

/** Undefined where the body is longer; it is not read further than that. */
async function readText(request: Request, maxBytes: number): Promise<string | undefined> {
  const declared = request.headers.get('content-length');
  // A declared length is kept to by the platform; a chunked body declares none, and is counted as it comes.
  if (declared !== null) return Number(declared) > maxBytes ? undefined : request.text();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) return undefined;
    chunks.push(chunk);
  }
  return new Blob(chunks).text();
}

/** Validates a body that was read. Throws `invalid-input` with each field at fault. */
/** A body as it was read comes back with the id that its path says already. */
export const withoutId = (body: unknown, name: string, id: string): unknown => {
  if (typeof body !== 'object' || body === null || !(name in body)) return body;
  const { [name]: own, ...fields } = body as Record<string, unknown>;
  return own === id ? fields : body;
};

export function parseBody<S extends z.ZodType>(schema: S, body: unknown): z.output<S> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidInput(parsed.error.issues);
}

export const invalidInput = (issues: readonly { path: PropertyKey[]; message: string }[]): ProblemError =>
  new ProblemError(
    'invalid-input',
    undefined,
    issues.slice(0, 20).map(({ path, message }) => ({ path: path.map(String).join('.'), message })),
  );
