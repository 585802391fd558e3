// The edge's own scorer, alone in a Worker: it scores as often as it is told. It measures nothing, for in workerd no
// clock moves while it computes.

import { createOrtScorer } from '../../workers/inference/ort.ts';
import type { Scorer } from '../../workers/inference/scorer.ts';

/** One history, as EncodedHistories has it. */
export interface Question {
  items: number[];
  weights: number[];
  ages: number[];
  passes: number;
}

let scorer: Scorer | undefined;

export default {
  /** PUT: a model file, once. POST: a Question. */
  async fetch(request: Request): Promise<Response> {
    if (request.method === 'PUT') scorer = await createOrtScorer(new Uint8Array(await request.arrayBuffer()));
    else {
      const { items, weights, ages, passes } = await request.json<Question>();
      const history = {
        batch: 1,
        items: Int32Array.from(items),
        weights: Float32Array.from(weights),
        ages: Float32Array.from(ages),
      };
      for (let pass = 0; pass < passes; pass++) await scorer!.score(history);
    }
    return Response.json({ memoryMB: scorer!.memoryBytes() / 1e6 });
  },
};
