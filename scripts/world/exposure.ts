// Draws the games that a player of the made-up world is exposed to. This is the structure that a recommender can find:
// segments, series, studios, styles, and a front page that is the same for all.

import type { Random } from '../../models/data/random.ts';
import type { Game } from './catalogue.ts';
import { type Player, SEGMENTS } from './players.ts';
import { LIKED, SERIES_FACTOR, STUDIO_FACTOR, styleFactor } from './preference.ts';

const DAY_MS = 86_400_000;
/** Share of exposures from the front page, where only a game's appeal counts. */
const FRONT_PAGE = 0.14;
const LAUNCH_FACTOR = 2.5;
const LAUNCH_DAYS = 10;
const SURGE_DAYS = 3;

/** The games that a player has tried, by item id. */
export type Known = Map<string, { game: Game; plays: number; preference: number }>;

export interface Exposure {
  /**
   * Draws up to `count` different games that are released by then and new to the player. `segment`: index in SEGMENTS.
   */
  draw(random: Random, player: Player, segment: number, known: Known, at: number, count: number): Game[];
}

/** `now`: epoch milliseconds; surges end there. */
export function createExposure(games: readonly Game[], now: number): Exposure {
  const bySegment = SEGMENTS.map((segment) => games.filter((game) => game.segment === segment));
  const visibilityOf = (game: Game, at: number) => {
    const ageDays = (at - game.releasedAt) / DAY_MS;
    if (ageDays < 0) return 0;
    const launch = 1 + LAUNCH_FACTOR * Math.exp(-ageDays / LAUNCH_DAYS);
    return game.appeal * launch * (at > now - SURGE_DAYS * DAY_MS ? game.surge : 1);
  };
  return {
    draw(random, player, segment, known, at, count) {
      const ofSegment = bySegment[segment]!;
      const series = new Set<number>();
      const studios = new Set<string | null>();
      for (const { game, preference } of known.values()) {
        if (preference < LIKED || game.segment !== SEGMENTS[segment]) continue;
        series.add(game.series);
        studios.add(game.item.developer);
      }
      const weights = ofSegment.map((game) => {
        if (known.has(game.item.itemId)) return 0;
        const loyalty = series.has(game.series) ? SERIES_FACTOR : studios.has(game.item.developer) ? STUDIO_FACTOR : 1;
        return visibilityOf(game, at) * styleFactor(player, game) * loyalty;
      });
      const drawn: Game[] = [];
      while (drawn.length < count) {
        const front = random.chance(FRONT_PAGE);
        const index = random.weighted(front ? games.map((game) => visibilityOf(game, at)) : weights);
        const game = (front ? games : ofSegment)[index]!;
        if (!front && weights[index] === 0) break;
        if (!front) weights[index] = 0;
        if (!known.has(game.item.itemId) && !drawn.includes(game)) drawn.push(game);
      }
      return drawn;
    },
  };
}
