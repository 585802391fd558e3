// Dependencies of the recommending endpoints: reading the request, the ladder of workers/serving, and recording
// answers.

import type { Degradation } from '../../models/contracts/gallery.ts';
import type { Selection } from '../recommending/filters.ts';
import type { Served } from '../serving/climb.ts';
import type { GalleryContent } from '../serving/compose-page.ts';
import { type HydratedRequest, hydrate } from '../serving/hydrate.ts';
import { identifyByLog } from '../serving/identify-by-log.ts';
import {
  answerGallery,
  answerRecommendations,
  type GalleryOptions,
  type RecommendationsContent,
} from '../serving/ladder.ts';
import type { RecommendationRequest } from '../serving/recommendation-request.ts';
import { answers } from './admission.ts';
import { type AnswerRequest, type ContextQuery, readRequest } from './context.ts';
import type { AppContext } from './endpoint.ts';
import { type CountedRoute, type GivenAnswer, recordAnswer } from './record-answer.ts';

export interface Recommender {
  /** `userId`: undefined for an answer that is the same for everybody. */
  readRequest(query: ContextQuery, userId?: string): AnswerRequest;
  answerGallery(request: AnswerRequest, length: number, options?: GalleryOptions): Promise<Served<GalleryContent>>;
  answerRecommendations(
    request: AnswerRequest,
    length: number,
    selection?: Selection,
  ): Promise<Served<RecommendationsContent>>;
  hydrate(request: AnswerRequest): Promise<HydratedRequest>;
  /** As `hydrate`; if the player's object does not answer, the log in D1 identifies the player. */
  hydrateIdentified(request: AnswerRequest): Promise<HydratedRequest>;
  /** After the answer, see record-answer.ts. */
  recordAnswer(route: CountedRoute, given: GivenAnswer): void;
}

export function openRecommender(c: AppContext): Recommender {
  const { env } = c;
  const waitUntil = (promise: Promise<unknown>) => c.executionCtx.waitUntil(promise);
  const complete = (request: AnswerRequest): RecommendationRequest => ({ ...request, env, waitUntil });
  return {
    readRequest: (query, userId) => readRequest(c, query, userId),
    answerGallery: (request, length, options) =>
      shedOverload(complete(request), (admitted) => answerGallery(admitted, length, options)),
    answerRecommendations: (request, length, selection) =>
      shedOverload(complete(request), (admitted) => answerRecommendations(admitted, length, selection)),
    hydrate: (request) => hydrate(complete(request)),
    hydrateIdentified: async (request) => identifyByLog(complete(request), await hydrate(complete(request))),
    recordAnswer: (route, given) => waitUntil(recordAnswer(env.SLATES, route, given)),
  };
}

/** Composes a cheap answer where an ordinary one would be late anyway. */
async function shedOverload<T>(
  request: RecommendationRequest,
  answer: (request: RecommendationRequest) => Promise<T>,
): Promise<T> {
  if (request.budget.isSpent()) return answer({ ...request, shedReason: LATE });
  const slot = answers.enter(Date.now());
  if (slot === undefined) return answer({ ...request, shedReason: OVERLOADED });
  try {
    return await answer(request);
  } finally {
    slot.leave();
  }
}

const LATE: Degradation = { step: 'deadline', reason: 'The deadline had passed before the answer began.' };
const OVERLOADED: Degradation = {
  step: 'overload',
  reason: 'Too many answers are in flight; this one is not personalised.',
};
