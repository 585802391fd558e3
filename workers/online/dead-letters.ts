// The endpoints of dead letters: list them, look at one, process them again, delete them. The consumers of the queues
// process a replay (workers/storage/replays.ts).

import { z } from '@hono/zod-openapi';
import {
  DEAD_LETTER_FILTER_BYTES_MAX,
  DEAD_LETTER_QUEUES,
  DEAD_LETTERS_PAGE_MAX,
  DEAD_LETTERS_PER_CALL_MAX,
  DeadLetterDetail,
  type DeadLetterQueue,
  DeadLetterSummary,
} from '../../models/contracts/dead-letter.ts';
import { Id } from '../../models/contracts/id.ts';
import type { DeadLetterFilter, LetterPosition } from '../storage/dead-letter-list.ts';
import { readCursor, writeCursor } from './cursor.ts';
import { type DeadLetters, openDeadLetters } from './dead-letter-access.ts';
import { type App, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { wholeNumber } from './parameters.ts';
import { invalidInput, ProblemError } from './problems.ts';

const REASON_LENGTH_MAX = 1_000;

const LetterParams = z.object({
  letterId: Id.meta({ param: { name: 'letterId', in: 'path' }, example: '4f6a21c09d' }),
});
type LetterParams = z.output<typeof LetterParams>;

const filterShape = {
  queue: z.enum(DEAD_LETTER_QUEUES).optional(),
  reason: z.string().min(1).max(REASON_LENGTH_MAX).optional().meta({ description: 'The whole reason.' }),
  from: z.iso.datetime({ offset: true }).optional().meta({ description: 'Letters received then or later.' }),
  until: z.iso.datetime({ offset: true }).optional().meta({ description: 'Letters received before then.' }),
};
const FilterQuery = z.object(filterShape);
/** Strict: a misspelt condition must not select every letter. */
const FilterBody = z.strictObject(filterShape).meta({ id: 'DeadLetterFilter' });
type Filter = z.output<typeof FilterBody>;
const ListQuery = z.object({
  ...filterShape,
  limit: wholeNumber(1, DEAD_LETTERS_PAGE_MAX).default(20),
  cursor: z.string().max(400).optional().meta({ description: 'From the page before.' }),
});

const ListAnswer = z.object({
  letters: z.array(DeadLetterSummary).meta({ description: 'Newest first.' }),
  cursor: z.string().nullable().meta({ description: 'Send it to get the next page; null on the last page.' }),
});
const BulkAnswer = z
  .object({
    letters: z.number().int().meta({ description: 'Letters that this request chose: the oldest.' }),
    remaining: z.number().int().meta({ description: 'Letters that another request would choose.' }),
  })
  .meta({ id: 'DeadLetterCount' });
type BulkAnswer = z.output<typeof BulkAnswer>;

const toFilter = ({ queue, reason, from, until }: Filter): DeadLetterFilter => ({
  queue,
  reason,
  from: from === undefined ? undefined : Date.parse(from),
  until: until === undefined ? undefined : Date.parse(until),
});

export async function getDeadLetters(
  { query: { limit, cursor, ...filter } }: { query: z.output<typeof ListQuery> },
  { list }: Pick<DeadLetters, 'list'>,
): Promise<z.output<typeof ListAnswer>> {
  const letters = await list(toFilter(filter), readPosition(cursor), limit);
  return { letters, cursor: letters.length === limit ? writePosition(letters.at(-1)!) : null };
}

const writePosition = ({ receivedAt, letterId }: DeadLetterSummary): string =>
  writeCursor(`${Date.parse(receivedAt)} ${letterId}`);

function readPosition(cursor: string | undefined): LetterPosition | undefined {
  if (cursor === undefined) return undefined;
  const [, receivedAt, id] = /^(\d{1,15}) (.+)$/s.exec(readCursor(cursor)) ?? [];
  if (id === undefined) throw invalidInput([{ path: ['cursor'], message: 'is not a cursor of this list' }]);
  return { receivedAt: Number(receivedAt), id };
}

export async function getDeadLetter(
  { params: { letterId } }: { params: LetterParams },
  { find }: Pick<DeadLetters, 'find'>,
): Promise<DeadLetterDetail> {
  const letter = await find(letterId);
  if (letter === undefined) throw notFound(letterId);
  return letter;
}

export async function replayDeadLetter(
  input: { params: LetterParams },
  letters: Pick<DeadLetters, 'find' | 'oldest' | 'replayOne'>,
): Promise<DeadLetterSummary> {
  const { body: _, ...letter } = await getDeadLetter(input, letters);
  if (Date.parse(letter.receivedAt) < letters.oldest()[letter.queue]) throw new ProblemError('conflict', TOO_OLD);
  const replayedAt = await letters.replayOne(letter);
  if (replayedAt === undefined) throw notFound(letter.letterId);
  return { ...letter, replayedAt: new Date(replayedAt).toISOString() };
}

const TOO_OLD =
  'The letter is older than the log in D1 (LOG_HOT_DAYS), or than slates are kept (SLATE_DAYS): what it contains ' +
  'could count twice, or would expire at once. Delete it.';

export const replayDeadLetters = (
  { body }: { body: Filter },
  { replayMany }: Pick<DeadLetters, 'replayMany'>,
): Promise<BulkAnswer> => replayMany(toFilter(body), DEAD_LETTERS_PER_CALL_MAX);

export async function deleteDeadLetter(
  { params: { letterId } }: { params: LetterParams },
  { deleteOne }: Pick<DeadLetters, 'deleteOne'>,
): Promise<void> {
  if (!(await deleteOne(letterId))) throw notFound(letterId);
}

export function deleteDeadLetters(
  { query }: { query: Filter },
  { deleteMany }: Pick<DeadLetters, 'deleteMany'>,
): Promise<BulkAnswer> {
  if (Object.values(query).every((value) => value === undefined))
    throw new ProblemError(
      'invalid-input',
      'Name a queue, a reason or a time: without one, every letter would be deleted.',
    );
  return deleteMany(toFilter(query), DEAD_LETTERS_PER_CALL_MAX);
}

const notFound = (letterId: string) => new ProblemError('not-found', `No dead letter has the id “${letterId}”.`);

/** For the audit log, which names no player: a letter without its body. */
const readSummary = async (
  { params }: { params: LetterParams },
  { find }: DeadLetters,
): Promise<{ queue: DeadLetterQueue; reason: string; receivedAt: string } | undefined> => {
  const letter = await find(params.letterId);
  return letter && { queue: letter.queue, reason: letter.reason, receivedAt: letter.receivedAt };
};

const tag = 'Operation';
const perCall = DEAD_LETTERS_PER_CALL_MAX.toLocaleString('en');

const ENDPOINTS: Endpoint<DeadLetters>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/dead-letters',
    operationId: 'getDeadLetters',
    tag,
    summary: 'List messages that could not be processed',
    scope: 'admin',
    query: ListQuery,
    answer: { schema: ListAnswer, description: 'One page, without bodies.' },
    handle: getDeadLetters,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/dead-letters/{letterId}',
    operationId: 'getDeadLetter',
    tag,
    summary: 'Look at a dead letter',
    scope: 'admin',
    params: LetterParams,
    answer: { schema: DeadLetterDetail, description: 'The letter with its body.' },
    problems: [404],
    handle: getDeadLetter,
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/dead-letters/{letterId}/replay',
    operationId: 'replayDeadLetter',
    tag,
    summary: 'Process a dead letter again',
    description:
      'Its queue processes it within seconds. The letter is gone once that has succeeded; after another failure it ' +
      'waits again with the new reason. However often it is replayed, it counts once; what belongs to an erased ' +
      'player stays out. 409 if it is so old that it could count twice.',
    scope: 'admin',
    params: LetterParams,
    answer: { status: 202, schema: DeadLetterSummary, description: 'The letter is queued.' },
    problems: [404, 409, 503],
    audit: { readBefore: readSummary },
    handle: replayDeadLetter,
  }),
  defineEndpoint({
    method: 'post',
    path: '/v1/dead-letters/replay',
    operationId: 'replayDeadLetters',
    tag,
    summary: 'Process dead letters again',
    description:
      `The oldest ${perCall} that match; repeat the request while some remain. Letters that were queued within the ` +
      'last hour, and those so old that they could count twice, are left out.',
    scope: 'admin',
    body: { schema: FilterBody, maxBytes: DEAD_LETTER_FILTER_BYTES_MAX },
    answer: { status: 202, schema: BulkAnswer, description: 'The letters are queued.' },
    problems: [503],
    audit: { readAfter: (answer, { body }) => ({ ...body, ...answer }) },
    handle: replayDeadLetters,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/dead-letters/{letterId}',
    operationId: 'deleteDeadLetter',
    tag,
    summary: 'Delete a dead letter',
    scope: 'admin',
    params: LetterParams,
    answer: { status: 204, description: 'It is gone, even if it was queued again.' },
    problems: [404],
    audit: { readBefore: readSummary },
    handle: deleteDeadLetter,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/dead-letters',
    operationId: 'deleteDeadLetters',
    tag,
    summary: 'Delete dead letters',
    description: `The oldest ${perCall} that match at least one condition; repeat the request while some remain.`,
    scope: 'admin',
    query: FilterQuery,
    answer: { schema: BulkAnswer, description: 'The letters are gone.' },
    audit: { readAfter: (answer, { query }) => ({ ...query, ...answer }) },
    handle: deleteDeadLetters,
  }),
];

export const routeDeadLetters = (app: App): void => registerEndpoints(app, ENDPOINTS, openDeadLetters);
