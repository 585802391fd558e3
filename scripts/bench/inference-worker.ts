// The edge's own scorer and ranker, alone in a Worker: each computes as often as it is told. It measures nothing, for in
// workerd no clock moves while it computes.

import { FEATURES } from '../../models/features/ranking.ts';
import { createOrtRanker, createOrtScorer } from '../../workers/inference/ort.ts';
import type { Ranker, Scorer } from '../../workers/inference/scorer.ts';

/** One history, as EncodedHistories has it, or a number of candidates. */
export type Question = { passes: number } & (
  | { items: number[]; weights: number[]; ages: number[] }
  | { candidates: number }
);

let scorer: Scorer | undefined;
let ranker: Ranker | undefined;

export default {
  /** PUT: a model file, once, to /retrieval or to /ranking. POST: a Question. */
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'PUT') {
      const file = new Uint8Array(await request.arrayBuffer());
      if (new URL(request.url).pathname === '/ranking') ranker = await createOrtRanker(file);
      else scorer = await createOrtScorer(file);
    } else await answer(await request.json<Question>());
    return Response.json({ memoryMB: (scorer?.memoryBytes() ?? 0) / 1e6 });
  },
};

async function answer({ passes, ...question }: Question): Promise<void> {
  if ('candidates' in question) {
    const features = new Float32Array(question.candidates * FEATURES.length).fill(0.5);
    for (let pass = 0; pass < passes; pass++) await ranker!.predict(features, question.candidates);
    return;
  }
  const { items, weights, ages } = question;
  const history = {
    batch: 1,
    items: Int32Array.from(items),
    weights: Float32Array.from(weights),
    ages: Float32Array.from(ages),
  };
  for (let pass = 0; pass < passes; pass++) await scorer!.score(history);
}
