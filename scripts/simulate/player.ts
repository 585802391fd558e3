// A player with known preferences in front of a page: how far they scan it, what they click, and how they react. All
// decisions follow from a seed, so that the same player has the same session context under each policy. Sends nothing.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import type { Game } from '../world/catalogue.ts';
import { type Player, SEGMENTS } from '../world/players.ts';
import {
  DISAPPOINTING,
  DISMISS_CHANCE,
  drawMinutes,
  drawPreference,
  LIKED,
  playChance,
  SERIES_FACTOR,
  STUDIO_FACTOR,
  styleFactor,
} from '../world/preference.ts';

/** Probability that a player continues to the next row, and from a game to the one on its right. */
export const NEXT_ROW = 0.85;
export const NEXT_COLUMN = 0.9;
/** Rows and columns of a page as a player sees it. */
export const ROWS_SEEN = 8;
export const COLUMNS_SEEN = 12;

/** Log odds of a click on an impression. */
const BASE_ODDS = -3.4;
/** Log odds added for the segment of the session context, and for any segment, relative to the player's favourite. */
const CONTEXT_ODDS = 2.4;
const SEGMENT_ODDS = 1.6;
/** Visible games attract all players a little. */
const APPEAL_ODDS = 0.35;
const APPEAL_MAX = 2;
/** Loyalty to series and studios counts half as much on a page as in the ninety days of the world. */
const LOYALTY_SHARE = 0.5;

/** A player's reaction to a clicked game. */
export interface Reaction {
  game: Game;
  dismissed: boolean;
  /** Minutes; null if it was not played. */
  played: number | null;
}

/** A visit to the store, with its own session context and random numbers. */
export class Visit {
  readonly #player: Player;
  readonly #seed: number;
  readonly #name: string;
  readonly #scan: Random;
  readonly #favourite: number;
  /** The session context: the segment that the player wants today. */
  readonly #context: string;
  /** The games that the player has clicked in all visits, with the true preference for each. */
  readonly #clicked: Map<string, { game: Game; preference: number }>;
  /** Shown on this visit and passed over. */
  readonly #passedOver = new Set<string>();

  constructor(seed: number, player: Player, visit: number, clicked: Map<string, { game: Game; preference: number }>) {
    this.#seed = seed;
    this.#player = player;
    this.#name = `${player.userId}/${visit}`;
    this.#scan = createRandom(seed, `${this.#name}/looks`);
    this.#favourite = Math.max(...player.segmentWeights);
    this.#context = SEGMENTS[createRandom(seed, `${this.#name}/mood`).weighted(player.segmentWeights)]!;
    this.#clicked = clicked;
  }

  /** The probability that an impression of the game becomes a click. */
  clickChance(game: Game): number {
    const { itemId } = game.item;
    if (this.#clicked.has(itemId) || this.#passedOver.has(itemId)) return 0;
    const weight = this.#player.segmentWeights[SEGMENTS.indexOf(game.segment)]! / this.#favourite;
    const odds =
      BASE_ODDS +
      (game.segment === this.#context ? CONTEXT_ODDS : 0) +
      SEGMENT_ODDS * weight +
      Math.log(styleFactor(this.#player, game)) +
      APPEAL_ODDS * Math.max(-APPEAL_MAX, Math.min(APPEAL_MAX, Math.log(game.appeal * game.surge))) +
      LOYALTY_SHARE * Math.log(this.#loyaltyTo(game));
    return 1 / (1 + Math.exp(-odds));
  }

  #loyaltyTo(game: Game): number {
    let factor = 1;
    for (const { game: known, preference } of this.#clicked.values()) {
      if (preference < LIKED || known.segment !== game.segment) continue;
      if (known.series === game.series) return SERIES_FACTOR;
      if (known.item.developer === game.item.developer) factor = STUDIO_FACTOR;
    }
    return factor;
  }

  /**
   * Scans a page from the top left until a game is clicked or interest ends. `impressions`: in the order of the scan;
   * `reaction`: to the last one; undefined if nothing was clicked.
   */
  scanPage(rows: readonly Pick<GalleryRow, 'items'>[], gameOf: (itemId: string) => Game | undefined) {
    const impressions: { itemId: string; row: number; column: number }[] = [];
    for (const [row, { items }] of rows.slice(0, ROWS_SEEN).entries()) {
      if (row > 0 && !this.#scan.chance(NEXT_ROW)) break;
      for (const [column, { itemId }] of items.slice(0, COLUMNS_SEEN).entries()) {
        if (column > 0 && !this.#scan.chance(NEXT_COLUMN)) break;
        const game = gameOf(itemId);
        if (game === undefined) continue;
        impressions.push({ itemId, row, column });
        // A game gets the same random numbers at every position, so that policies differ only by what they show.
        const random = createRandom(this.#seed, `${this.#name}/${itemId}`);
        if (random.chance(this.clickChance(game))) return { impressions, reaction: this.#tryGame(game, random) };
        this.#passedOver.add(itemId);
      }
    }
    return { impressions, reaction: undefined };
  }

  #tryGame(game: Game, random: Random): Reaction {
    const preference = drawPreference(random, this.#player, game);
    this.#clicked.set(game.item.itemId, { game, preference });
    const dismissed = preference < DISAPPOINTING && random.chance(DISMISS_CHANCE);
    const played = !dismissed && random.chance(playChance(preference)) ? drawMinutes(random, preference) : null;
    return { game, dismissed, played };
  }
}
