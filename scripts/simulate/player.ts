// A player with a known taste, in front of a page: how far they look, what they click, and what comes of it. Everything
// they decide follows from a seed, so that the same player meets each policy in the same mood. It sends nothing.

import type { GalleryRow } from '../../models/contracts/gallery.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import type { Game } from '../world/catalogue.ts';
import { NICHES, type Player } from '../world/players.ts';
import {
  DISAPPOINTING,
  DISMISS_CHANCE,
  drawLiking,
  drawMinutes,
  LIKED,
  moodFactor,
  playChance,
  SERIES_FACTOR,
  STUDIO_FACTOR,
} from '../world/preference.ts';

/** How likely a player who looked at a row goes on to the next one, and from a game to the one on its right. */
export const NEXT_ROW = 0.85;
export const NEXT_COLUMN = 0.9;
/** Rows and columns of a page as a player sees it. */
export const ROWS_SEEN = 8;
export const COLUMNS_SEEN = 12;

/** The odds, as logarithms, of a click on a game that was looked at. */
const BASE_ODDS = -3.4;
/** Of what the player is in the mood for today, and of what they like at all, relative to what they like best. */
const WANTED_ODDS = 2.4;
const TASTE_ODDS = 1.6;
/** What everybody has heard of draws everybody a little. */
const APPEAL_ODDS = 0.35;
const APPEAL_MAX = 2;
/** Loyalty works on a page as it does in a shop window, half as strongly. */
const LOYALTY_SHARE = 0.5;

/** What a player did with a game that was clicked. */
export interface Reaction {
  game: Game;
  dismissed: boolean;
  /** Minutes; null where it was not played. */
  played: number | null;
}

/** One visit to the store: a mood, and dice of its own. */
export class Visit {
  readonly #player: Player;
  readonly #seed: number;
  readonly #name: string;
  readonly #looks: Random;
  readonly #favourite: number;
  /** The niche that the player is in the mood for. */
  readonly #wanted: string;
  /** What the player has clicked in all visits, with its liking. */
  readonly #met: Map<string, { game: Game; liking: number }>;
  /** Looked at on this visit and left. */
  readonly #left = new Set<string>();

  constructor(seed: number, player: Player, visit: number, met: Map<string, { game: Game; liking: number }>) {
    this.#seed = seed;
    this.#player = player;
    this.#name = `${player.userId}/${visit}`;
    this.#looks = createRandom(seed, `${this.#name}/looks`);
    this.#favourite = Math.max(...player.taste);
    this.#wanted = NICHES[createRandom(seed, `${this.#name}/mood`).weighted(player.taste)]!;
    this.#met = met;
  }

  /** How likely a look at the game becomes a click. */
  clickChance(game: Game): number {
    const { itemId } = game.item;
    if (this.#met.has(itemId) || this.#left.has(itemId)) return 0;
    const taste = this.#player.taste[NICHES.indexOf(game.niche)]! / this.#favourite;
    const odds =
      BASE_ODDS +
      (game.niche === this.#wanted ? WANTED_ODDS : 0) +
      TASTE_ODDS * taste +
      Math.log(moodFactor(this.#player, game)) +
      APPEAL_ODDS * Math.max(-APPEAL_MAX, Math.min(APPEAL_MAX, Math.log(game.appeal * game.surge))) +
      LOYALTY_SHARE * Math.log(this.#loyaltyTo(game));
    return 1 / (1 + Math.exp(-odds));
  }

  #loyaltyTo(game: Game): number {
    let factor = 1;
    for (const { game: known, liking } of this.#met.values()) {
      if (liking < LIKED || known.niche !== game.niche) continue;
      if (known.series === game.series) return SERIES_FACTOR;
      if (known.item.developer === game.item.developer) factor = STUDIO_FACTOR;
    }
    return factor;
  }

  /**
   * Looks over a page from the top left until a game is clicked or interest ends. `looked`: what was looked at, in order;
   * `reaction`: to the last of it; undefined where nothing was clicked.
   */
  lookOver(rows: readonly Pick<GalleryRow, 'items'>[], gameOf: (itemId: string) => Game | undefined) {
    const looked: { itemId: string; row: number; column: number }[] = [];
    for (const [row, { items }] of rows.slice(0, ROWS_SEEN).entries()) {
      if (row > 0 && !this.#looks.chance(NEXT_ROW)) break;
      for (const [column, { itemId }] of items.slice(0, COLUMNS_SEEN).entries()) {
        if (column > 0 && !this.#looks.chance(NEXT_COLUMN)) break;
        const game = gameOf(itemId);
        if (game === undefined) continue;
        looked.push({ itemId, row, column });
        // One and the same throw for each game of a visit, wherever it stands: so that policies differ by what they show.
        const random = createRandom(this.#seed, `${this.#name}/${itemId}`);
        if (random.chance(this.clickChance(game))) return { looked, reaction: this.#meet(game, random) };
        this.#left.add(itemId);
      }
    }
    return { looked, reaction: undefined };
  }

  #meet(game: Game, random: Random): Reaction {
    const liking = drawLiking(random, this.#player, game);
    this.#met.set(game.item.itemId, { game, liking });
    const dismissed = liking < DISAPPOINTING && random.chance(DISMISS_CHANCE);
    const played = !dismissed && random.chance(playChance(liking)) ? drawMinutes(random, liking) : null;
    return { game, dismissed, played };
  }
}
