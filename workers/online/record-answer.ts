// Records an answer once it is given: counts it, and queues its slate for the log. The counts leave the isolate with
// its next slate, so they need no message of their own; without slates they leave once a minute. An isolate that is
// evicted loses those it still has. A failure raises an alert and delays no answer.

import type { AnswerCount, Slate, SlateMessage } from '../../models/contracts/slate.ts';
import type { Page } from '../recommending/recommend.ts';
import { toSlate } from '../recommending/slate.ts';
import type { Answer } from '../serving/hydrate.ts';
import type { AnswerRequest } from './context.ts';
import { returnAccepted, takeAccepted } from './count-accepted.ts';

const SEND_AFTER_MS = 60_000;

export type CountedRoute = 'gallery' | 'recommendations' | 'list' | 'similar' | 'search';

/** A page that was shown to a player. */
export interface ShownPage {
  request: Pick<AnswerRequest, 'userId' | 'context'>;
  page: Page;
}

const counts = new Map<string, AnswerCount>();
let sentAt = 0;

/** `shown`: undefined for an answer that is counted but not logged. Never rejects. */
export async function recordAnswer(
  queue: Pick<Queue<SlateMessage>, 'send'>,
  route: CountedRoute,
  answer: Answer,
  shown?: ShownPage,
): Promise<void> {
  const { tier, release, degraded, recommendationId } = answer;
  add([{ route, tier, release, count: 1, degraded: Number(degraded.length > 0) }]);
  const taken: Pick<SlateMessage, 'answers' | 'accepted'> = { answers: [], accepted: [] };
  try {
    const slate = shown === undefined ? null : readSlate(answer, shown);
    const now = Date.now();
    if (slate === null && now - sentAt < SEND_AFTER_MS) return;
    sentAt = now;
    taken.answers = [...counts.values()];
    counts.clear();
    taken.accepted = takeAccepted();
    await queue.send({ slate, ...taken });
  } catch (error) {
    add(taken.answers);
    returnAccepted(taken.accepted);
    console.error(JSON.stringify({ alert: 'answer not logged', recommendationId, error: (error as Error).message }));
  }
}

/** Null for a page without ranked items, and for one that is nobody's. */
function readSlate(answer: Answer, { request: { userId, context }, page }: ShownPage): Slate | null {
  if (userId === undefined) return null;
  const slate = toSlate(page, answer, userId, context);
  return slate.entries.length === 0 ? null : slate;
}

function add(answers: readonly AnswerCount[]): void {
  for (const { count, degraded, ...kind } of answers) {
    const key = JSON.stringify([kind.route, kind.tier, kind.release]);
    const before = counts.get(key);
    counts.set(key, {
      ...kind,
      count: count + (before?.count ?? 0),
      degraded: degraded + (before?.degraded ?? 0),
    });
  }
}
