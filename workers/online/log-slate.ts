// Sends what an answer showed to the log of slates, behind the answer: a failure is an alert and costs no player anything.

import type { Page } from '../recommending/recommend.ts';
import { toSlate } from '../recommending/slate.ts';
import type { Answer, RecommendationRequest } from '../serving/hydrate.ts';

export function logSlate({ env, userId, context, waitUntil }: RecommendationRequest, answer: Answer, page: Page): void {
  if (userId === undefined) return;
  const send = async () => {
    try {
      const slate = toSlate(page, answer, userId, context);
      if (slate.entries.length > 0) await env.SLATES.send(slate);
    } catch (error) {
      const { recommendationId } = answer;
      console.error(JSON.stringify({ alert: 'slate not logged', recommendationId, error: (error as Error).message }));
    }
  };
  waitUntil(send());
}
