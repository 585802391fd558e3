// Records an answer once it is given: counts it, and hands its slate and its effects of experiments to those that wait
// for the queue (send-answers.ts). A failure raises an alert and delays no answer.

import type { Exposure, InterleavedRow } from '../../models/contracts/experiment.ts';
import {
  type RecordedAnswer,
  SHOWN_ROWS_MAX,
  type Slate,
  type SlatelessAnswer,
  type SlateMessage,
} from '../../models/contracts/slate.ts';
import { NO_LABEL, OTHER_LABEL } from '../../models/contracts/system-metrics.ts';
import { currentRequestId, logError } from '../logging/log.ts';
import type { Page } from '../recommending/recommend.ts';
import { parseRowId } from '../recommending/rows.ts';
import { toSlate } from '../recommending/slate.ts';
import type { Answer } from '../serving/hydrate.ts';
import { count, planCounts } from '../storage/isolate-counts.ts';
import type { AnswerRequest } from './context.ts';
import { sendWithOthers } from './send-answers.ts';

export type CountedRoute = 'gallery' | 'recommendations' | 'list' | 'similar' | 'search';

/** An answer that was shown to a player. */
export interface Shown {
  request: Pick<AnswerRequest, 'userId' | 'context'>;
  /** Undefined if the ranking model is not to learn from it. */
  page?: Page | undefined;
  exposures: Exposure[];
  interleaved?: InterleavedRow | undefined;
}

/** An answer and what it shows. */
export interface GivenAnswer {
  answer: Answer;
  isEmpty: boolean;
  /** Absent for an answer that is counted but not logged. */
  shown?: Shown | undefined;
}

/** Never rejects. */
export async function recordAnswer(
  queue: Pick<Queue<SlateMessage>, 'send'>,
  route: CountedRoute,
  { answer, isEmpty, shown }: GivenAnswer,
): Promise<void> {
  countAnswer(route, answer, isEmpty);
  const effects = listEffects(shown);
  const canHaveSlate = shown?.page !== undefined && shown.request.userId !== undefined;
  if (shown === undefined || (!canHaveSlate && effects === undefined)) return;
  // At once, so that no message of their own takes the counts.
  planCounts();
  try {
    // The answer goes first: packing a slate takes as long as composing a list.
    await scheduler.wait(0);
    const slate = readSlate(answer, shown);
    if (slate === null && effects === undefined) return;
    await sendWithOthers(queue, {
      slate,
      ...(slate === null && { answer: describeAnswer(answer, shown) }),
      rows: shown.page && listRows(shown.page),
      requestId: currentRequestId(),
      ...effects,
    });
  } catch (error) {
    const { recommendationId } = answer;
    logError('answer not logged', { recommendationId, error: (error as Error).message });
  }
}

function countAnswer(route: CountedRoute, { tier, release, degraded }: Answer, isEmpty: boolean): void {
  const labels = { route, tier, release: release ?? NO_LABEL };
  count('answers', labels);
  if (degraded.length > 0) count('degraded-answers', labels);
  for (const step of new Set(degraded.map((one) => one.step))) count('degraded-answers', { step });
  if (isEmpty) count('empty-answers', { route });
}

/** The effects of experiments on an answer; undefined for most. */
function listEffects(shown: Shown | undefined): Pick<RecordedAnswer, 'exposures' | 'interleaved'> | undefined {
  if (shown === undefined || (shown.exposures.length === 0 && shown.interleaved === undefined)) return undefined;
  return { exposures: shown.exposures, ...(shown.interleaved && { interleaved: [shown.interleaved] }) };
}

const describeAnswer = ({ recommendationId, release }: Answer, { request: { context } }: Shown): SlatelessAnswer => ({
  ...{ recommendationId, release, shownAt: Date.now() },
  ...{ country: context.country, platform: context.platform },
});

/** Null for a page without ranked items, and for one that is nobody's. */
function readSlate(answer: Answer, { request: { userId, context }, page, interleaved }: Shown): Slate | null {
  if (userId === undefined || page === undefined) return null;
  const slate = toSlate(interleaved === undefined ? page : withoutTopPicks(page), answer, userId, context);
  return slate.entries.itemIds.length === 0 ? null : slate;
}

/**
 * An interleaved row has games that this ranking has no features of, at positions that no propensity describes: the
 * ranking model does not learn from it.
 */
const withoutTopPicks = (page: Page): Page => ({
  ...page,
  rows: page.rows.map((row) => (row.id === 'top-picks' ? { ...row, items: [] } : row)),
});

/** Kinds of the page's rows, each with the position of its first item, as events count them. */
function listRows({ rows }: Page): [string, number][] {
  let position = 0;
  return rows.slice(0, SHOWN_ROWS_MAX).map(({ id, items }) => {
    const first = position;
    position += items.length;
    return [parseRowId(id)?.kind ?? OTHER_LABEL, first];
  });
}
