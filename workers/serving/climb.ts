// Climbs the rungs of the ladder, best answer first. A rung either serves or passes the request on with what it has
// learned.

import type { RankingInput } from '../recommending/ranking-input.ts';
import type { Answer, HydratedRequest } from './hydrate.ts';

export type Served<T extends object> = T & {
  answer: Answer;
  input: RankingInput;
  /** Only for an answer that was composed with all its inputs. */
  composed?: HydratedRequest;
};
type Step<T extends object> = { served: Served<T> } | { hydrated: HydratedRequest };
export type Rung<T extends object> = (hydrated: HydratedRequest) => Promise<Step<T>>;

export async function climb<T extends object>(
  start: HydratedRequest,
  rungs: readonly Rung<T>[],
  empty: T,
): Promise<Served<T>> {
  let hydrated = start;
  for (const rung of rungs) {
    const step = await rung(hydrated);
    if ('served' in step) return step.served;
    hydrated = step.hydrated;
  }
  return serve(empty, hydrated);
}

export const serve = <T extends object>(content: T, { answer, input }: HydratedRequest): Served<T> => ({
  ...content,
  answer,
  input,
});
