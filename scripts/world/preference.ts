// What draws a player of the made-up world to a game, and what comes of it once it is met. The ninety days of events.ts and
// the players of `npm run simulate` share it.

import type { Random } from '../../models/data/random.ts';
import type { Game } from './catalogue.ts';
import type { Player } from './players.ts';

/** How much likelier the next of a series is, and the next by a studio, once one of it was liked. */
export const SERIES_FACTOR = 14;
export const STUDIO_FACTOR = 3;
/** From this liking on a game is one. */
export const LIKED = 0.5;
/** How strongly tone and challenge draw or repel. */
const MOOD_FORCE = 1.4;
/** Below this liking some are put off for good. */
export const DISAPPOINTING = 0.4;
export const DISMISS_CHANCE = 0.35;

/** Above 1 draws, below repels. */
export const moodFactor = ({ mood }: Player, game: Game): number =>
  Math.exp(MOOD_FORCE * (mood[0] * game.mood[0] + mood[1] * game.mood[1]));

/** How well a game is liked once it is met, 0–1. */
export function drawLiking(random: Random, { mood }: Player, game: Game): number {
  const fit = 1 - Math.hypot(mood[0] - game.mood[0], mood[1] - game.mood[1]) / 2;
  return clamp(0.15 + 0.6 * game.quality + 0.25 * fit + 0.12 * random.normal(), 0, 1);
}

/** How likely a game is played that is not put off for good. */
export const playChance = (liking: number): number => 0.3 + 0.55 * liking;

/** Of one play; the liked are played for longer. */
export const drawMinutes = (random: Random, liking: number): number =>
  Math.round(clamp(Math.exp(2.2 + 2.2 * liking + 0.7 * random.normal()), 2, 360));

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
