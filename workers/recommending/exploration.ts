// What is left to chance, and how likely it was: one place of the first row for a game that hardly anybody has met, and in a
// few answers the first row in any order. Both are logged with their propensities, so that a model that is trained
// later can tell "not wanted" from "never shown", and a place from what stood in it.

import { drawIndex, shuffle } from '../../models/features/rng.ts';
import type { Found, ScoredCandidate } from './candidates.ts';
import type { RankingInput } from './ranking-input.ts';

/** Where among the places that are left to chance the unknown game stands, from 0; where there are fewer there is none. */
const EXPLORATION_PLACE = 7;
/** The newest games of the catalogue among which it is drawn. */
const EXPLORED_MAX = 60;
/** A game that is at least this popular, of the most popular, finds its players by itself. */
const KNOWN_POPULARITY = 0.02;
/** How much likelier a game wholly of the player's taste is drawn than one of none. */
const AFFINITY_ODDS = 8;
/** The share of answers whose first row is shuffled. */
export const SHUFFLE_SHARE = 0.05;

/** Released games that hardly anybody has met, the newest first. */
export function* unexplored({ catalogue, popularity, today }: RankingInput): Generator<Found> {
  let found = 0;
  for (const item of catalogue.newest(today)) {
    if ((popularity.get(item.itemId) ?? 0) >= KNOWN_POPULARITY) continue;
    yield { item, score: 1, reason: 'New here: be among the first to try it' };
    if (++found === EXPLORED_MAX) return;
  }
}

export interface Placed {
  candidate: ScoredCandidate;
  /** That this item came to stand at this place, given all but the dice. */
  propensity: number;
  exploration: boolean;
}

/** What the store pins stands where it stands. */
export const certain = (candidate: ScoredCandidate): Placed => ({ candidate, propensity: 1, exploration: false });

/**
 * What comes after the pins in the first row, with its dice thrown: one of the unknown games among the known, and
 * perhaps all in another order. `unknown`: those that may stand there.
 */
export function explore(
  row: readonly ScoredCandidate[],
  unknown: readonly ScoredCandidate[],
  input: RankingInput,
): Placed[] {
  const placed = row.map(certain);
  const inRow = new Set(row.map(({ item }) => item.itemId));
  const drawn = draw(
    unknown.filter(({ item }) => !inRow.has(item.itemId)),
    input,
  );
  if (drawn !== undefined && placed.length > EXPLORATION_PLACE) {
    placed.splice(EXPLORATION_PLACE, 0, drawn);
    placed.pop();
  }
  return shuffleRow(placed, input);
}

function draw(unknown: readonly ScoredCandidate[], { affinity, random }: RankingInput): Placed | undefined {
  const shares = new Map(affinity.map(({ genre, share }) => [genre, share]));
  const odds = unknown.map(
    ({ item }) =>
      1 +
      AFFINITY_ODDS *
        Math.min(
          1,
          item.genres.reduce((sum, genre) => sum + (shares.get(genre) ?? 0), 0),
        ),
  );
  const drawn = drawIndex(odds, random);
  const candidate = unknown[drawn];
  if (candidate === undefined) return undefined;
  const propensity = odds[drawn]! / odds.reduce((sum, one) => sum + one, 0);
  return { candidate, propensity, exploration: true };
}

/**
 * With the probability SHUFFLE_SHARE = ε every order of the n places is as likely as any other. An item's propensity at
 * a place is its own for being on the row, times 1 − ε + ε / n at the place that ranking gave it and ε / n at any other.
 */
function shuffleRow(row: readonly Placed[], { random }: RankingInput): Placed[] {
  const anywhere = SHUFFLE_SHARE / row.length;
  if (random() >= SHUFFLE_SHARE)
    return row.map((one) => ({ ...one, propensity: one.propensity * (1 - SHUFFLE_SHARE + anywhere) }));
  const shuffled = shuffle(
    row.map((one, place) => ({ one, place })),
    random,
  );
  return shuffled.map(({ one, place: ranked }, place) => ({
    ...one,
    propensity: one.propensity * (ranked === place ? 1 - SHUFFLE_SHARE + anywhere : anywhere),
    exploration: true,
  }));
}
