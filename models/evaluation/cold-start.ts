// The cold-start protocol: how soon recommendations fit a player without history. For players that training never sees,
// a case after each of their first few interactions: the same players at every step, so that the steps compare.

import type { Interactions } from '../data/interactions.ts';
import type { Split } from './cases.ts';
import { splitUnseenPlayers } from './unseen-players.ts';

/** Lengths of the history, in interactions, for which the next one is the target. */
const EVENTS_SEEN = [0, 1, 2, 3, 5, 10] as const;

/**
 * Builds a case for each held-out player and element of EVENTS_SEEN. Players with too few interactions for the last
 * step have no cases, but training does not see them either. The validation has no cases without a history.
 */
export const splitColdStart = (all: Interactions, seed: number): Split =>
  splitUnseenPlayers(all, seed, {
    interactionsMin: Math.max(...EVENTS_SEEN) + 1,
    trainsOnShort: false,
    listCuts: (start, _, part) =>
      EVENTS_SEEN.filter((seen) => seen > 0 || part === 'test').map((seen) => ({
        cut: start + seen,
        end: start + seen + 1,
      })),
  });
