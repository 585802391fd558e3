// Which games a player of the made-up world comes upon. The structure that a recommender can find is put in here: niches,
// series, studios, moods, and a front page that shows everybody the same.

import type { Random } from '../../models/data/random.ts';
import type { Game } from './catalogue.ts';
import { NICHES, type Player } from './players.ts';
import { LIKED, moodFactor, SERIES_FACTOR, STUDIO_FACTOR } from './preference.ts';

const DAY_MS = 86_400_000;
/** Share of places that the front page fills, where games count by how many hear of them alone. */
const FRONT_PAGE = 0.14;
const LAUNCH_FACTOR = 2.5;
const LAUNCH_DAYS = 10;
const SURGE_DAYS = 3;

/** What a player has met, by item id. */
export type Known = Map<string, { game: Game; plays: number; liking: number }>;

export interface Shelves {
  /** Up to `count` different games, out at that moment and new to the player. `niche`: index in NICHES. */
  draw(random: Random, player: Player, niche: number, known: Known, at: number, count: number): Game[];
}

/** `now`: epoch milliseconds; surges end there. */
export function createShelves(games: readonly Game[], now: number): Shelves {
  const byNiche = NICHES.map((niche) => games.filter((game) => game.niche === niche));
  const heardOf = (game: Game, at: number) => {
    const ageDays = (at - game.releasedAt) / DAY_MS;
    if (ageDays < 0) return 0;
    const launch = 1 + LAUNCH_FACTOR * Math.exp(-ageDays / LAUNCH_DAYS);
    return game.appeal * launch * (at > now - SURGE_DAYS * DAY_MS ? game.surge : 1);
  };
  return {
    draw(random, player, niche, known, at, count) {
      const shelf = byNiche[niche]!;
      const series = new Set<number>();
      const studios = new Set<string | null>();
      for (const { game, liking } of known.values()) {
        if (liking < LIKED || game.niche !== NICHES[niche]) continue;
        series.add(game.series);
        studios.add(game.item.developer);
      }
      const weights = shelf.map((game) => {
        if (known.has(game.item.itemId)) return 0;
        const loyalty = series.has(game.series) ? SERIES_FACTOR : studios.has(game.item.developer) ? STUDIO_FACTOR : 1;
        return heardOf(game, at) * moodFactor(player, game) * loyalty;
      });
      const drawn: Game[] = [];
      while (drawn.length < count) {
        const front = random.chance(FRONT_PAGE);
        const index = random.weighted(front ? games.map((game) => heardOf(game, at)) : weights);
        const game = (front ? games : shelf)[index]!;
        if (!front && weights[index] === 0) break;
        if (!front) weights[index] = 0;
        if (!known.has(game.item.itemId) && !drawn.includes(game)) drawn.push(game);
      }
      return drawn;
    },
  };
}
