// Answers of the isolate on their way to the queue `slates`: those of half a second share a message, which costs as
// much as one with a single answer. The message has all that the isolate has counted since its last one, too. A failure
// raises an alert.

import { MESSAGE_ANSWERS_MAX, type RecordedAnswer, type SlateMessage } from '../../models/contracts/slate.ts';
import { listRequestIds, logError } from '../logging/log.ts';
import { returnShadows, takeShadows } from '../serving/shadows.ts';
import { returnCounts, takeCounts } from '../storage/isolate-counts.ts';

const COLLECT_MS = 500;
/** As JSON. Queues bill each 64 KB of a message; the rest is for counts. */
const ANSWERS_BYTES_MAX = 60_000;

interface WaitingAnswer {
  answer: RecordedAnswer;
  /** Its size as JSON. */
  bytes: number;
}
let waiting: WaitingAnswer[] = [];

/**
 * Resolves once the answer has been sent, or another request is sending it. Each request waits by a timer of its own,
 * since timers end with their request: the first to wake sends for all, and what waits for a request that was cancelled
 * leaves with the next. Never rejects.
 */
export async function sendWithOthers(queue: Pick<Queue<SlateMessage>, 'send'>, answer: RecordedAnswer): Promise<void> {
  const own = { answer, bytes: Buffer.byteLength(JSON.stringify(answer)) };
  const sendingOthers = hasRoomFor(own) ? undefined : sendWaiting(queue);
  waiting.push(own);
  await scheduler.wait(COLLECT_MS);
  if (waiting.includes(own)) await sendWaiting(queue);
  await sendingOthers;
}

const hasRoomFor = ({ bytes }: WaitingAnswer): boolean =>
  waiting.length < MESSAGE_ANSWERS_MAX && waiting.reduce((sum, other) => sum + other.bytes, bytes) <= ANSWERS_BYTES_MAX;

async function sendWaiting(queue: Pick<Queue<SlateMessage>, 'send'>): Promise<void> {
  const answers = waiting.map(({ answer }) => answer);
  waiting = [];
  const counts = takeCounts();
  const shadows = takeShadows();
  try {
    await queue.send({ answers, counts, ...(shadows.length > 0 && { shadows }) });
  } catch (error) {
    returnCounts(counts);
    returnShadows(shadows);
    const { message } = error as Error;
    logError('answers not logged', { ...listRequestIds(answers), answers: answers.length, error: message });
  }
}
