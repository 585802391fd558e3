// Strong generalisation: players that training never sees. The earlier part of their interactions is the history, the
// rest are targets. Liang et al. 2018, "Variational Autoencoders for Collaborative Filtering", but cut by time, not at
// random.

import type { Interactions } from '../data/interactions.ts';
import type { Split } from './cases.ts';
import { splitUnseenPlayers } from './unseen-players.ts';

const HISTORY_SHARE = 0.8;
/** Fewer would leave no target after 80%. */
const INTERACTIONS_MIN = 5;

/**
 * The same seed draws the same players, regardless of the others. Those with fewer than five interactions are trained
 * on.
 */
export const splitStrongGeneralisation = (all: Interactions, seed: number): Split =>
  splitUnseenPlayers(all, seed, {
    interactionsMin: INTERACTIONS_MIN,
    trainsOnShort: true,
    listCuts: (start, end) => [{ cut: start + Math.floor(HISTORY_SHARE * (end - start)), end }],
  });
