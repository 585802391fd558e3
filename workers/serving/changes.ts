// Decides whether an experiment made a difference to an answer: whether one of its variants changes what the answer was
// made of. The same for the players of all its variants, the control's included.

import type { AlgorithmSettings } from '../../models/contracts/algorithm-settings.ts';
import type { Variant } from '../../models/contracts/experiment.ts';
import { isBaseline } from '../recommending/policies.ts';
import type { HydratedRequest } from './hydrate.ts';
import type { Assigned } from './plan.ts';

/** A part of the algorithm that a variant may change. */
export type Change = keyof AlgorithmSettings | 'policy' | 'release';

/** True if one of the variants changes what the answer was made of, or none changes anything: an A/A experiment. */
export function makesDifference({ experiment, counts }: Assigned, reads: (change: Change) => boolean): boolean {
  const shown = experiment.variants.filter(({ isShadow }) => !isShadow);
  if (!counts || shown.length === 1 || experiment.kind === 'interleaving') return false;
  const changes = shown.flatMap(listChanges);
  return changes.length === 0 || changes.some(reads);
}

const listChanges = ({ settings = {}, policy, release }: Variant): Change[] => [
  ...(Object.keys(settings) as (keyof AlgorithmSettings)[]),
  ...(policy === undefined ? [] : ['policy' as const]),
  ...(release === undefined ? [] : ['release' as const]),
];

type Composed = Pick<HydratedRequest, 'plan'> & { input: Pick<HydratedRequest['input'], 'predictActions'> };

/** A baseline page reads nothing but, by its policy, the release. */
export function readByGallery(change: Change, { plan: { policy }, input }: Composed): boolean {
  if (change === 'policy') return true;
  if (isBaseline(policy)) return change === 'release' && policy === 'retrieval';
  return isPartOfScores(change, input);
}

/** A list has no rows, no exploration and one policy. */
export const readByList = (change: Change, { input }: Composed): boolean =>
  change !== 'policy' &&
  change !== 'rows' &&
  change !== 'shuffleShare' &&
  change !== 'popularityCap' &&
  isPartOfScores(change, input);

/** Utilities are the ranking model's; only where there is none, games sink by ranks. */
function isPartOfScores(change: Change, { predictActions }: Composed['input']): boolean {
  if (change === 'actionUtilities') return predictActions !== null;
  return change !== 'fatigueRanks' || predictActions === null;
}
