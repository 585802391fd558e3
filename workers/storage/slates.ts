// Slates on their way to the log: the queue's consumer writes a sample of them to R2 as batches, and counts all of them
// and all answers in D1. workers/storage/export-slates.ts collects the batches into Parquet.

import * as zlib from 'node:zlib';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { SLATE_BATCHES_PREFIX } from '../../models/contracts/layout.ts';
import type { LoggedSlate, RecordedAnswer, Slate, SlateMessage } from '../../models/contracts/slate.ts';
import { hashUniform } from '../../models/features/rng.ts';
import { type CountedAnswer, type CountedMessage, countMessages } from './answer-counts.ts';

const DAY_MS = 86_400_000;
/** Below it hardly any slate would be logged for the rest of a day; at it, the budget is exceeded by little. */
const RATE_MIN = 0.001;
/** A day's first minutes say little about the day. */
const ELAPSED_MIN = 1 / 24;

/** Slates of one UTC day, as JSON. */
export interface SlateCount {
  seen: number;
  seenBytes: number;
  logged: number;
  loggedBytes: number;
}
const NONE: SlateCount = { seen: 0, seenBytes: 0, logged: 0, loggedBytes: 0 };

/**
 * The probability with which slates are logged now: what is left of the day's budget over what is still expected. It
 * depends on earlier slates alone, never on those it is applied to. `elapsed`: share of the day.
 */
export function chooseSamplingRate(
  { today, yesterday }: { today: SlateCount; yesterday: SlateCount },
  budgetBytes: number,
  elapsed: number,
): number {
  const daily = Math.max(yesterday.seenBytes, today.seenBytes / Math.max(elapsed, ELAPSED_MIN));
  const expected = daily * (1 - elapsed);
  const left = budgetBytes - today.loggedBytes;
  return left >= expected ? 1 : Math.max(RATE_MIN, left / expected);
}

/**
 * Draws players, not slates: a player's pages of one day are logged together, because training compares what a player
 * examined on different pages.
 */
export const isSampled = ({ userId, shownAt }: Pick<Slate, 'userId' | 'shownAt'>, rate: number): boolean =>
  hashUniform(`slate ${Math.floor(shownAt / DAY_MS)} ${userId}`) < rate * 2 ** 32;

/** A message of the queue, as it is delivered. */
export type ReceivedAnswers = SlateMessage & Pick<CountedMessage, 'id' | 'sentAt' | 'attempts' | 'isReplay'>;

/** Writes a sample of the slates, and counts all of them and all answers. `now`: epoch milliseconds. */
export async function logAnswers(
  db: D1Database,
  bucket: R2Bucket,
  messages: readonly ReceivedAnswers[],
  budgetBytes: number,
  now: number,
): Promise<void> {
  if (messages.length === 0) return;
  let { today, yesterday } = await readCounts(db, Math.floor(now / DAY_MS));
  const logged: LoggedSlate[] = [];
  const counted: CountedMessage[] = [];
  // Message by message: together they may be larger than the budget.
  for (const message of messages) {
    const samplingRate = chooseSamplingRate({ today, yesterday }, budgetBytes, (now % DAY_MS) / DAY_MS);
    const answers = message.answers.map((answer) => draw(answer, samplingRate));
    counted.push({ ...message, answers });
    today = addSlates(today, answers);
    message.answers.forEach(({ slate }, at) => {
      if (slate !== null && answers[at]!.slate?.isLogged) logged.push({ ...slate, samplingRate });
    });
  }
  if (logged.length > 0) await writeBatch(bucket, logged, now);
  await countMessages(db, counted, now);
}

function draw({ slate, ...answer }: RecordedAnswer, samplingRate: number): CountedAnswer {
  if (slate === null) return { ...answer, slate: undefined };
  const bytes = Buffer.byteLength(JSON.stringify(slate));
  return { ...answer, slate: { ...slate, bytes, isLogged: isSampled(slate, samplingRate) } };
}

function addSlates(count: SlateCount, answers: readonly CountedAnswer[]): SlateCount {
  const sum = { ...count };
  for (const { slate } of answers) {
    if (slate === undefined) continue;
    sum.seen++;
    sum.seenBytes += slate.bytes;
    if (!slate.isLogged) continue;
    sum.logged++;
    sum.loggedBytes += slate.bytes;
  }
  return sum;
}

async function writeBatch(bucket: R2Bucket, slates: readonly LoggedSlate[], now: number): Promise<void> {
  const packed = packSlates(slates);
  const digest = (await sha256Hex(packed)).slice(0, 12);
  // In the order of time: the oldest are collected first.
  await bucket.put(`${SLATE_BATCHES_PREFIX}${now}-${digest}.jsonl.gz`, packed);
}

/** A batch as gzipped JSON lines. It is short-lived; the fastest level takes half the time for 13% more bytes. */
export const packSlates = (slates: readonly LoggedSlate[]): Uint8Array<ArrayBuffer> =>
  zlib.gzipSync(slates.map((slate) => `${JSON.stringify(slate)}\n`).join(''), { level: 1 });

/** Undefined if the batch is gone. */
export async function readSlateBatch(bucket: R2Bucket, key: string): Promise<LoggedSlate[] | undefined> {
  const object = await bucket.get(key);
  if (object === null) return undefined;
  const text = await new Response(object.body.pipeThrough(new DecompressionStream('gzip'))).text();
  return text.split('\n').flatMap((line) => (line === '' ? [] : (JSON.parse(line) as LoggedSlate)));
}

async function readCounts(db: D1Database, day: number): Promise<{ today: SlateCount; yesterday: SlateCount }> {
  const { results } = await db
    .prepare(
      `select day, seen, seen_bytes as seenBytes, logged, logged_bytes as loggedBytes from slate_counts
       where day between ?1 - 1 and ?1`,
    )
    .bind(day)
    .all<SlateCount & { day: number }>();
  const find = (wanted: number) => results.find((row) => row.day === wanted) ?? NONE;
  return { today: find(day), yesterday: find(day - 1) };
}
