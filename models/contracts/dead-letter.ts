// Dead letters: messages that could not be processed, as operators see them, and the message that processes one again.

import { z } from 'zod';

export const DEAD_LETTERS_PAGE_MAX = 100;
/** The most letters that one request replays or deletes. */
export const DEAD_LETTERS_PER_CALL_MAX = 1_000;
export const DEAD_LETTER_FILTER_BYTES_MAX = 4 * 1024;

/** The queues whose messages become dead letters. */
export const DEAD_LETTER_QUEUES = ['events', 'slates', 'notifications'] as const;
export type DeadLetterQueue = (typeof DEAD_LETTER_QUEUES)[number];

/** A letter without its body, which may hold what players did. */
export const DeadLetterSummary = z
  .object({
    letterId: z.string(),
    queue: z.enum(DEAD_LETTER_QUEUES).meta({ description: 'The queue that its message came from.' }),
    reason: z.string(),
    receivedAt: z.iso.datetime(),
    replayedAt: z.iso
      .datetime()
      .nullable()
      .meta({ description: 'When it was queued again; null before that, and after the message has failed again.' }),
    bytes: z.number().int().meta({ description: 'Size of the body.' }),
  })
  .meta({ id: 'DeadLetterSummary' });
export type DeadLetterSummary = z.infer<typeof DeadLetterSummary>;

export const DeadLetterDetail = DeadLetterSummary.extend({
  body: z.unknown().meta({ description: 'The message, or the part of it that could not be processed.' }),
}).meta({ id: 'DeadLetter' });
export type DeadLetterDetail = z.infer<typeof DeadLetterDetail>;

/** A message that stands for a letter: the consumer reads the letter when it processes the message. */
export const Replay = z.strictObject({ deadLetterId: z.string() });
export type Replay = z.infer<typeof Replay>;
