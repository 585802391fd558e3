// Which variant of an experiment a user is in: a hash, so every isolate gives the same answer without a look-up.
// Reads neither the experiment's state nor its audience's countries and platforms, which depend on the request.

import type { Experiment } from '../contracts/experiment.ts';
import { hashUniform } from '../features/rng.ts';

/** The part of a layer that an experiment holds: positions in [from, to), both in [0, 1]. */
export type Slice = NonNullable<Experiment['slice']>;

/** The fields of an experiment that assignment reads. */
export type AssignedExperiment = Pick<Experiment, 'experimentId' | 'layer' | 'slice'> & {
  variants: readonly { id: string; share: number }[];
};

/**
 * The user's position in a layer, uniform in [0, 1). Positions in different layers are independent; experiments of one
 * layer hold slices that do not overlap, so they exclude each other.
 */
export const positionInLayer = (userId: string, layer: string): number => toUnit(`layer ${layer} ${userId}`);

/**
 * Returns the id of the user's variant, or undefined if the user is outside the experiment's slice or it has no slice
 * yet. Independent of the user's position in the layer. Never a shadow: its share is 0.
 */
export function assign(userId: string, experiment: AssignedExperiment): string | undefined {
  const { experimentId, layer, slice, variants } = experiment;
  if (slice === null) return undefined;
  const position = positionInLayer(userId, layer);
  if (position < slice.from || position >= slice.to) return undefined;
  let left = toUnit(`experiment ${experimentId} ${userId}`);
  for (const { id, share } of variants) {
    left -= share;
    if (left < 0) return id;
  }
  // Rounding: the sum of the shares may be just below 1.
  return variants.findLast(({ share }) => share > 0)?.id;
}

const toUnit = (text: string): number => hashUniform(text) / 2 ** 32;
