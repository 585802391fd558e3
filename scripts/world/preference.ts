// The true preferences of the made-up world: what attracts a player to a game, and how the player reacts to it. Shared
// by the ninety days of events.ts and the players of `npm run simulate`.

import type { Random } from '../../models/data/random.ts';
import type { Game } from './catalogue.ts';
import type { Player } from './players.ts';

/** Factor by which a liked game makes other games of its series, or by its studio, likelier. */
export const SERIES_FACTOR = 14;
export const STUDIO_FACTOR = 3;
/** Minimum preference for a game to be liked. */
export const LIKED = 0.5;
/** Strength with which tone and challenge attract or repel. */
const STYLE_FORCE = 1.4;
/** Games below this preference may be dismissed. */
export const DISAPPOINTING = 0.4;
export const DISMISS_CHANCE = 0.35;

/** Above 1 attracts, below 1 repels. */
export const styleFactor = ({ style }: Player, game: Game): number =>
  Math.exp(STYLE_FORCE * (style[0] * game.style[0] + style[1] * game.style[1]));

/** The true preference for a game, 0–1, known once the player has tried it. */
export function drawPreference(random: Random, { style }: Player, game: Game): number {
  const fit = 1 - Math.hypot(style[0] - game.style[0], style[1] - game.style[1]) / 2;
  return clamp(0.15 + 0.6 * game.quality + 0.25 * fit + 0.12 * random.normal(), 0, 1);
}

/** Probability that a game is played if it is not dismissed. */
export const playChance = (preference: number): number => 0.3 + 0.55 * preference;

/** Duration of one play; liked games are played for longer. */
export const drawMinutes = (random: Random, preference: number): number =>
  Math.round(clamp(Math.exp(2.2 + 2.2 * preference + 0.7 * random.normal()), 2, 360));

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
