// Queues the slate of an answer for the log, after the answer: a failure raises an alert and delays no answer.

import type { Slate } from '../../models/contracts/slate.ts';
import type { Page } from '../recommending/recommend.ts';
import { toSlate } from '../recommending/slate.ts';
import type { Answer } from '../serving/hydrate.ts';
import type { AnswerRequest } from './context.ts';

export async function logSlate(
  queue: Pick<Queue<Slate>, 'send'>,
  { userId, context }: AnswerRequest,
  answer: Answer,
  page: Page,
): Promise<void> {
  if (userId === undefined) return;
  try {
    const slate = toSlate(page, answer, userId, context);
    if (slate.entries.length > 0) await queue.send(slate);
  } catch (error) {
    const { recommendationId } = answer;
    console.error(JSON.stringify({ alert: 'slate not logged', recommendationId, error: (error as Error).message }));
  }
}
