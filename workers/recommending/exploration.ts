// Exploration in the first row: one position for an item with hardly any interactions, and in a few answers the whole
// row in random order. Both are logged with their propensities, so that training can tell "not wanted" from "never
// shown", and the effect of an item from that of its position. Pins are not explored.

import { drawIndex, shuffle } from '../../models/features/rng.ts';
import type { Candidates } from './candidates.ts';
import type { RankingInput } from './ranking-input.ts';

/** The explored item's position after the pins, from 0; a shorter row has none. */
const EXPLORED_POSITION = 7;
/** An item wholly of the player's taste is drawn 1 + this many times as often as one outside it. */
const AFFINITY_ODDS = 8;

/** An item at a position of the first row. */
export interface TopPick {
  candidate: number;
  /** Probability of this item at this position, given all but the random draws. */
  propensity: number;
  /** True if exploration set the position: the item was drawn, or the row was shuffled. */
  exploration: boolean;
  /** True if the item was shuffled. */
  shuffled: boolean;
}

export const toPin = (candidate: number): TopPick => ({
  candidate,
  propensity: 1,
  exploration: false,
  shuffled: false,
});

type ExplorationInput = Pick<RankingInput, 'affinity' | 'random' | 'catalogue' | 'settings'>;

/** Puts one of the unexplored items among the picks, and in a few answers shuffles all picks. */
export function exploreTopPicks(
  picks: readonly number[],
  unexplored: readonly number[],
  candidates: Candidates,
  input: ExplorationInput,
): TopPick[] {
  const topPicks = picks.map(toPin);
  const drawn = drawUnexplored(
    unexplored.filter((candidate) => !picks.includes(candidate)),
    candidates,
    input,
  );
  if (drawn !== undefined && topPicks.length > EXPLORED_POSITION) {
    topPicks.splice(EXPLORED_POSITION, 0, drawn);
    topPicks.pop();
  }
  return shuffleSometimes(topPicks, input.settings.shuffleShare, input.random);
}

function drawUnexplored(
  unexplored: readonly number[],
  { indexes }: Candidates,
  { affinity, random, catalogue }: ExplorationInput,
): TopPick | undefined {
  const shares = new Map(affinity.map(({ genre, share }) => [genre, share]));
  const odds = unexplored.map((candidate) => {
    const genres = catalogue.columns.labels.readGenres(indexes[candidate]!);
    const taste = genres.reduce((sum, genre) => sum + (shares.get(genre) ?? 0), 0);
    return 1 + AFFINITY_ODDS * Math.min(1, taste);
  });
  const drawn = drawIndex(odds, random);
  const candidate = unexplored[drawn];
  if (candidate === undefined) return undefined;
  const propensity = odds[drawn]! / odds.reduce((sum, one) => sum + one, 0);
  return { candidate, propensity, exploration: true, shuffled: false };
}

/**
 * With probability ε = `share` the n positions are shuffled uniformly. An item's propensity at a position is the
 * probability that it is in the row, times 1 − ε + ε / n at its ranked position or ε / n at any other.
 */
function shuffleSometimes(picks: readonly TopPick[], share: number, random: () => number): TopPick[] {
  const anywhere = share / picks.length;
  const ranked = 1 - share + anywhere;
  if (random() >= share) return picks.map((pick) => ({ ...pick, propensity: pick.propensity * ranked }));
  return shuffle([...picks.entries()], random).map(([rankedPosition, pick], position) => ({
    ...pick,
    propensity: pick.propensity * (rankedPosition === position ? ranked : anywhere),
    exploration: true,
    shuffled: true,
  }));
}
