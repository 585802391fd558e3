// A small, bounded search for hyper-parameters: one is changed at a time, uphill, for as long as that helps and time is
// left. It knows no algorithm.

import type { RetrievalModel, TrainingContext } from './algorithm.ts';

type Parameters = Record<string, number>;
/**
 * The values to try of each parameter, in the order of how strong it makes itself felt, so that the way uphill is a walk
 * along them: 0 for none stands beside the weakest, not beside the smallest. Parameters are searched in the order in
 * which they stand here.
 */
export type Axes<P extends Parameters> = { readonly [K in keyof P]?: readonly number[] };

/** A second round profits from what the first has changed; a third hardly ever did. */
const ROUNDS = 2;

/**
 * Proposes the model of `start`, then those along the axes, and goes on from the best so far. A step is begun only if the
 * longest so far would still end in time.
 */
export async function* searchCoordinates<P extends Parameters>(
  start: P,
  axes: Axes<P>,
  train: (parameters: P) => RetrievalModel | Promise<RetrievalModel>,
  context: Pick<TrainingContext, 'timeLeft' | 'signal' | 'onProgress'>,
): AsyncGenerator<RetrievalModel, void, number> {
  let best = start;
  let bestScore = Number.NEGATIVE_INFINITY;
  let longestMs = 0;
  const tried = new Set<string>();

  /** Proposes the parameters, if they are new; true where they are the best so far. */
  async function* propose(parameters: P): AsyncGenerator<RetrievalModel, boolean, number> {
    const name = JSON.stringify(parameters);
    if (tried.has(name) || context.signal.aborted || context.timeLeft() <= longestMs) return false;
    tried.add(name);
    context.onProgress(describe(parameters));
    const before = context.timeLeft();
    const score = yield await train(parameters);
    longestMs = Math.max(longestMs, before - context.timeLeft());
    if (!(score > bestScore)) return false;
    best = parameters;
    bestScore = score;
    return true;
  }

  yield* propose(start);
  // Without a question that any model answers, nothing tells one proposal from another.
  if (!(bestScore > 0)) return;
  for (let round = 0; round < ROUNDS; round++) {
    const before = best;
    for (const [axis, values] of Object.entries<readonly number[] | undefined>(axes))
      for (const direction of [1, -1]) {
        let at = nearest(values!, best[axis]!) + direction;
        while (at >= 0 && at < values!.length && (yield* propose({ ...best, [axis]: values![at]! }))) at += direction;
      }
    if (best === before) return;
  }
}

function nearest(values: readonly number[], value: number): number {
  const distances = values.map((other) => Math.abs(other - value));
  return distances.indexOf(Math.min(...distances));
}

const describe = (parameters: Parameters) =>
  Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
