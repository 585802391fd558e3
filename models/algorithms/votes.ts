// Votes: how much each item of a history counts: its weight, reduced for older items and later positions.

import { HISTORY_LENGTH } from '../contracts/release.ts';
import type { GraphBuilder } from '../onnx/graph.ts';
import type { HistoryTensors } from './algorithm.ts';

export interface VoteDecay {
  /** Each item's vote is this times that of the next newer one. At most 1. */
  positionDecay: number;
  /** A vote halves with each half-life of age; 0 if age does not matter. */
  halfLifeDays: number;
}

/** Values to try, for every model. */
export const POSITION_DECAYS = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];
/** Votes that decay below this share of the newest item's are 0: they would cost time and change nothing. */
const SHARE_MIN = 1e-3;

/** Adds votes[b, h] = weights[b, h] · positionDecay^h · 2^(−ages[b, h] / halfLifeDays); returns their name. */
export function addVotes(
  graph: GraphBuilder,
  { weights, ages }: HistoryTensors,
  { positionDecay, halfLifeDays }: VoteDecay,
): string {
  const decays = Float32Array.from({ length: HISTORY_LENGTH }, (_, position) => positionDecay ** position);
  const byPosition = graph.constant(
    'position_decays',
    decays.map((decay) => (decay < SHARE_MIN ? 0 : decay)),
  );
  const decayed = graph.node('decayed', 'Mul', [weights, byPosition]);
  if (halfLifeDays === 0) return decayed;
  const exponents = graph.node('exponents', 'Mul', [ages, graph.float('decay_per_day', -Math.LN2 / halfLifeDays)]);
  const byAge = graph.node('age_decays', 'Exp', [exponents]);
  return graph.node('votes', 'Mul', [decayed, byAge]);
}
