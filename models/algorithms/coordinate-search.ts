// A bounded hyper-parameter search: changes one parameter at a time, uphill, while that helps and time is left.
// Independent of the algorithm.

import type { RetrievalModel, TrainingContext } from './algorithm.ts';

type Parameters = Record<string, number>;
/**
 * The values to try of each parameter, ordered by their effect, so that neighbours differ little: a half-life of 0,
 * which means none, is next to the longest. Parameters are searched in the order of their keys.
 */
export type Axes<P extends Parameters> = { readonly [K in keyof P]?: readonly number[] };

/** A second round benefits from the changes of the first; a third hardly ever helped. */
const ROUNDS = 2;

type SearchContext = Pick<TrainingContext, 'validate' | 'timeLeft' | 'signal' | 'onProgress'>;

/** Validates the model of `start`, then models along the axes, each time from the best parameters so far. */
export async function searchCoordinates<P extends Parameters>(
  start: P,
  axes: Axes<P>,
  train: (parameters: P) => RetrievalModel | Promise<RetrievalModel>,
  context: SearchContext,
): Promise<void> {
  const trial = createTrial(start, train, context);
  await trial.improves(start);
  // If the first model ranks no target, no step would be better than another.
  if (!(trial.best().score > 0)) return;
  for (let round = 0; round < ROUNDS; round++) {
    const before = trial.best().parameters;
    for (const [axis, values] of Object.entries<readonly number[] | undefined>(axes))
      for (const direction of [1, -1]) await climb(axis, values!, direction);
    if (trial.best().parameters === before) return;
  }

  async function climb(axis: string, values: readonly number[], direction: number): Promise<void> {
    let at = findNearest(values, trial.best().parameters[axis]!) + direction;
    while (at >= 0 && at < values.length) {
      if (!(await trial.improves({ ...trial.best().parameters, [axis]: values[at]! }))) return;
      at += direction;
    }
  }
}

/**
 * Tries each set of parameters once: the first whatever the time, the others while a trial as long as the longest so
 * far would still end in time.
 */
function createTrial<P extends Parameters>(
  start: P,
  train: (parameters: P) => RetrievalModel | Promise<RetrievalModel>,
  { validate, timeLeft, signal, onProgress }: SearchContext,
) {
  let best = { parameters: start, score: Number.NEGATIVE_INFINITY };
  let longestMs = 0;
  const tried = new Set<string>();
  return {
    best: () => best,
    async improves(parameters: P): Promise<boolean> {
      const key = JSON.stringify(parameters);
      if (signal.aborted || tried.has(key) || (tried.size > 0 && timeLeft() <= longestMs)) return false;
      tried.add(key);
      onProgress(describe(parameters));
      const before = timeLeft();
      const score = await validate(await train(parameters));
      longestMs = Math.max(longestMs, before - timeLeft());
      if (!(score > best.score)) return false;
      best = { parameters, score };
      return true;
    },
  };
}

function findNearest(values: readonly number[], value: number): number {
  const distances = values.map((other) => Math.abs(other - value));
  return distances.indexOf(Math.min(...distances));
}

const describe = (parameters: Parameters) =>
  Object.entries(parameters)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
