// The edge's scorer and ranker alone in a Worker, which runs as many passes as a request asks for. Measures nothing:
// workerd's clock stands still while it computes.

import { FEATURES } from '../../models/features/ranking.ts';
import { createOrtRanker, createOrtScorer } from '../../workers/inference/ort.ts';
import type { Ranker, Scorer } from '../../workers/inference/scorer.ts';

/** Input of the passes: one history, as in EncodedHistories, or a number of candidates. */
export type PassRequest = { passes: number } & (
  | { items: number[]; weights: number[]; ages: number[] }
  | { candidates: number }
);

let scorer: Scorer | undefined;
let ranker: Ranker | undefined;

export default {
  /** PUT /retrieval, PUT /ranking: a model file. POST: a PassRequest. */
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'PUT') {
      const file = new Uint8Array(await request.arrayBuffer());
      if (new URL(request.url).pathname === '/ranking') ranker = await createOrtRanker(file);
      else scorer = await createOrtScorer(file);
    } else await runPasses(await request.json<PassRequest>());
    return Response.json({ memory: scorer?.memory ?? null, memoryMB: (scorer?.memoryBytes() ?? 0) / 1e6 });
  },
};

async function runPasses({ passes, ...input }: PassRequest): Promise<void> {
  if ('candidates' in input) {
    const features = new Float32Array(input.candidates * FEATURES.length).fill(0.5);
    for (let pass = 0; pass < passes; pass++) await ranker!.predict(features, input.candidates);
    return;
  }
  const { items, weights, ages } = input;
  const history = {
    batch: 1,
    items: Int32Array.from(items),
    weights: Float32Array.from(weights),
    ages: Float32Array.from(ages),
  };
  for (let pass = 0; pass < passes; pass++) await scorer!.score(history);
}
