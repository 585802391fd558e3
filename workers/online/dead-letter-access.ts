// Opens dead letters for the endpoints: the list in D1, and the queues that process letters again.

import type {
  DeadLetterDetail,
  DeadLetterQueue,
  DeadLetterSummary,
  Replay,
} from '../../models/contracts/dead-letter.ts';
import * as storage from '../storage/dead-letter-list.ts';
import { readHotDays, readRetention } from '../storage/settings.ts';
import type { AppContext } from './endpoint.ts';
import { orUnavailable } from './problems.ts';

const DAY_MS = 86_400_000;
/** Limit of a queue's sendBatch. */
const MESSAGES_PER_CALL = 100;

export interface DeadLetters {
  list: (
    filter: storage.DeadLetterFilter,
    before: storage.LetterPosition | undefined,
    limit: number,
  ) => Promise<DeadLetterSummary[]>;
  find(letterId: string): Promise<DeadLetterDetail | undefined>;
  /** Letters received before are not replayed. */
  oldest(): storage.OldestByQueue;
  /** Returns the time; undefined if the letter is gone. */
  replayOne(letter: storage.MarkedLetter): Promise<number | undefined>;
  replayMany(filter: storage.DeadLetterFilter, max: number): Promise<{ letters: number; remaining: number }>;
  /** False if there is no such letter. */
  deleteOne(letterId: string): Promise<boolean>;
  deleteMany(filter: storage.DeadLetterFilter, max: number): Promise<{ letters: number; remaining: number }>;
}

export function openDeadLetters({ env }: AppContext): DeadLetters {
  const { DB } = env;
  const oldest = () => findOldest(env, Date.now());
  return {
    list: (filter, before, limit) => storage.listDeadLetters(DB, filter, before, limit),
    find: (letterId) => storage.findDeadLetter(DB, letterId),
    oldest,
    replayOne: async ({ letterId, queue }) => {
      const now = Date.now();
      if (!(await storage.markOneReplayed(DB, letterId, now))) return undefined;
      await queueLetters(env, [{ letterId, queue }]);
      return now;
    },
    replayMany: async (filter, max) => {
      const { marked, remaining } = await storage.markReplayed(DB, filter, oldest(), max, Date.now());
      await queueLetters(env, marked);
      return { letters: marked.length, remaining };
    },
    deleteOne: (letterId) => storage.deleteDeadLetter(DB, letterId),
    deleteMany: (filter, max) => storage.deleteDeadLetters(DB, filter, max),
  };
}

/**
 * Events may be twice in the log once the first have left D1; a slate that has expired would be deleted again. No limit
 * for notifications, which are deleted after a month.
 */
function findOldest(env: Env, now: number): storage.OldestByQueue {
  const before = (days: number) => Math.max(0, now - days * DAY_MS);
  return {
    events: before(readHotDays(env.LOG_HOT_DAYS)),
    slates: before(readRetention(env).slateDays),
    notifications: 0,
  };
}

/** Throws `unavailable` if a queue fails; letters that were not queued then wait as before. */
async function queueLetters(env: Env, letters: readonly storage.MarkedLetter[]): Promise<void> {
  const queues: Record<DeadLetterQueue, Queue<Replay>> = {
    events: env.EVENTS as Queue<Replay>,
    slates: env.SLATES as Queue<Replay>,
    notifications: env.NOTIFICATIONS as Queue<Replay>,
  };
  const unsent = new Set(letters.map(({ letterId }) => letterId));
  const send = async () => {
    for (const [queue, own] of Map.groupBy(letters, (letter) => letter.queue))
      for (let from = 0; from < own.length; from += MESSAGES_PER_CALL) {
        const portion = own.slice(from, from + MESSAGES_PER_CALL);
        await queues[queue].sendBatch(portion.map(({ letterId }) => ({ body: { deadLetterId: letterId } })));
        for (const { letterId } of portion) unsent.delete(letterId);
      }
  };
  try {
    await orUnavailable(send());
  } finally {
    // If it fails, too, a filter chooses them again in an hour.
    if (unsent.size > 0) await storage.unmarkReplayed(env.DB, [...unsent]).catch(() => {});
  }
}
