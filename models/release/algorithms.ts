// The algorithms in the order in which they are trained, with their shares of the time.

import { trainBlend } from '../algorithms/blend.ts';
import { trainContent } from '../algorithms/content.ts';
import { trainEase } from '../algorithms/ease.ts';
import { trainItemKnn } from '../algorithms/item-knn.ts';
import { trainPopularity } from '../algorithms/popularity.ts';
import { estimatePassMs, trainSasrec } from '../algorithms/sasrec/sasrec.ts';
import { trainTransitions } from '../algorithms/transitions.ts';
import type { NamedAlgorithm } from './search.ts';

/** Passes of sasrec over the data: fewer are not worth the time of the others. An estimate. */
const PASSES_MIN = 0.5;

/**
 * The cheap ones come first and always have a model. The blend comes last, because it combines the others' models; it
 * does not need time left either.
 */
export const ALGORITHMS: readonly NamedAlgorithm[] = [
  { name: 'popularity', share: 1, train: trainPopularity },
  { name: 'item-knn', share: 6, train: trainItemKnn },
  { name: 'transitions', share: 16, train: trainTransitions },
  { name: 'ease', share: 8, train: trainEase },
  { name: 'content', share: 6, train: trainContent },
  {
    name: 'sasrec',
    share: 90,
    train: trainSasrec,
    estimateLeastMs: (size, device) => (device === 'cpu' ? PASSES_MIN * estimatePassMs(size) : 0),
  },
  { name: 'blend', share: 10, train: trainBlend },
];

/** `names`: auto, or a comma-separated list. Popularity is always added, as the baseline. Throws on an unknown name. */
export function selectAlgorithms(names: string): readonly NamedAlgorithm[] {
  if (names === 'auto') return ALGORITHMS;
  const wanted = new Set(['popularity', ...names.split(',').map((name) => name.trim())]);
  for (const name of wanted)
    if (!ALGORITHMS.some((algorithm) => algorithm.name === name))
      throw new Error(
        `There is no algorithm “${name}”: name auto, or some of ${ALGORITHMS.map((known) => known.name).join(',')}.`,
      );
  return ALGORITHMS.filter(({ name }) => wanted.has(name));
}
