// Answers of the isolate on their way to the queue `slates`, in shared messages. A message has all that the isolate has
// counted since its last one, too. A failure raises an alert.

import { MESSAGE_ANSWERS_MAX, type RecordedAnswer, type SlateMessage } from '../../models/contracts/slate.ts';
import { listRequestIds, logError } from '../logging/log.ts';
import { returnShadows, takeShadows } from '../serving/shadows.ts';
import { returnCounts, takeCounts } from '../storage/isolate-counts.ts';
import { SharedMessage } from './shared-message.ts';

type SlateQueue = Pick<Queue<SlateMessage>, 'send'>;

/** As JSON. Queues bill each 64 KB of a message; the rest is for counts. */
const ANSWERS_BYTES_MAX = 60_000;

const shared = new SharedMessage<RecordedAnswer, SlateQueue>(MESSAGE_ANSWERS_MAX, ANSWERS_BYTES_MAX, sendAnswers);

/** Resolves once the answer has been sent, or another request is sending it. Never rejects. */
export const sendWithOthers = (queue: SlateQueue, answer: RecordedAnswer): Promise<void> => shared.add(answer, queue);

async function sendAnswers(answers: RecordedAnswer[], queue: SlateQueue): Promise<void> {
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
