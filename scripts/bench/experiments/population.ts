// A simulated split: players arrive, come back, click and dismiss, and differ in how often. Keeps the sums that the
// Worker's database would deliver.

import type { Metric } from '../../../models/contracts/experiment.ts';
import type { Random } from '../../../models/data/random.ts';
import { MOMENT_PAIRS, type Moments } from '../../../models/experiments/moments.ts';
import type { VariantMoments } from '../../../models/experiments/variant-moments.ts';

export const IMPRESSIONS = 10;
export const SIMULATED_METRICS = ['click-rate', 'clicks', 'dismissal-rate'] as const satisfies readonly Metric[];

export interface Population {
  /** Players at the first look, and new ones at each look after it. */
  initial: number;
  arrivals: number;
  /** Visits at each look, per player who has been there. */
  visits: number;
  /** The variant's share of the players. */
  share: number;
  clickRate: number;
  dismissalRate: number;
  /** Standard deviation of the logarithm of a player's rates. */
  spread: number;
}

/** By how much the variant's rates are those of the control, and the share of its players whose exposure is lost. */
export interface Effect {
  clicks: number;
  dismissals: number;
  lost: number;
}

export const NO_EFFECT: Effect = { clicks: 1, dismissals: 1, lost: 0 };

interface Player {
  isVariant: boolean;
  clickRate: number;
  dismissalRate: number;
  /** Totals since the exposure, and of the days before it. */
  clicks: number;
  dismissals: number;
  answers: number;
  clicksBefore: number;
  answersBefore: number;
}

/** One simulated experiment; each call of `advance` leads to the next look. */
export class SimulatedSplit {
  readonly #population: Population;
  readonly #effect: Effect;
  readonly #random: Random;
  readonly #players: Player[] = [];
  /** Players by how often they come back: most once, some three times. */
  readonly #tickets: Player[] = [];
  readonly #sums = [false, true].map(() => SIMULATED_METRICS.map(createSums));

  constructor(population: Population, effect: Effect, random: Random) {
    this.#population = population;
    this.#effect = effect;
    this.#random = random;
  }

  get users(): number {
    return this.#players.length;
  }

  advance(): void {
    const { initial, arrivals, visits } = this.#population;
    const known = this.#players.length;
    for (let visit = 0; visit < visits * known; visit++) this.#visit(this.#random.pick(this.#tickets));
    for (let player = 0; player < (known === 0 ? initial : arrivals); player++) this.#arrive();
  }

  /** All players count as known. */
  moments(): VariantMoments[] {
    return this.#sums.flatMap((ofVariant, variant) =>
      SIMULATED_METRICS.map((metric, n) => ({
        metric,
        variant: variant === 1 ? 'variant' : 'control',
        isNew: false,
        moments: ofVariant[n]!,
      })),
    );
  }

  #arrive(): void {
    const { share, clickRate, dismissalRate, spread } = this.#population;
    const isVariant = this.#random.chance(share);
    if (isVariant && this.#random.chance(this.#effect.lost)) return;
    const habit = Math.exp(spread * this.#random.normal() - spread ** 2 / 2);
    const player: Player = {
      isVariant,
      clickRate: Math.min(0.9, clickRate * habit),
      dismissalRate: Math.min(0.9, dismissalRate * Math.exp(spread * this.#random.normal() - spread ** 2 / 2)),
      clicks: 0,
      dismissals: 0,
      answers: 0,
      clicksBefore: 0,
      answersBefore: this.#random.below(8),
    };
    player.clicksBefore = drawBinomial(this.#random, IMPRESSIONS * player.answersBefore, player.clickRate);
    this.#players.push(player);
    for (let ticket = this.#random.chance(0.25) ? 3 : 1; ticket > 0; ticket--) this.#tickets.push(player);
    this.#count(player, 1);
    this.#visit(player);
  }

  #visit(player: Player): void {
    this.#count(player, -1);
    const { clicks, dismissals } = player.isVariant ? this.#effect : NO_EFFECT;
    player.clicks += drawBinomial(this.#random, IMPRESSIONS, Math.min(1, player.clickRate * clicks));
    player.dismissals += drawBinomial(this.#random, IMPRESSIONS, Math.min(1, player.dismissalRate * dismissals));
    player.answers++;
    this.#count(player, 1);
  }

  /** `sign`: 1 adds the player to the sums, −1 takes the player out. */
  #count(player: Player, sign: 1 | -1): void {
    const { clicks, dismissals, answers, clicksBefore, answersBefore } = player;
    const [impressions, impressionsBefore] = [IMPRESSIONS * answers, IMPRESSIONS * answersBefore];
    const sums = this.#sums[player.isVariant ? 1 : 0]!;
    addTerms(sums[0]!, sign, answers, [clicks, impressions, clicksBefore, impressionsBefore]);
    addTerms(sums[1]!, sign, answers, [clicks, 1, clicksBefore, 1]);
    addTerms(sums[2]!, sign, answers, [dismissals, impressions, 0, impressionsBefore]);
  }
}

/** Nearly all of the time is spent here. */
function addTerms(sums: Sums, sign: number, answers: number, terms: readonly number[]): void {
  sums.users += sign;
  sums.answers += sign * answers;
  for (let at = 0; at < terms.length; at++) sums.sums[at]! += sign * terms[at]!;
  for (let at = 0; at < MOMENT_PAIRS.length; at++) {
    const pair = MOMENT_PAIRS[at]!;
    sums.products[at]! += sign * terms[pair[0]]! * terms[pair[1]]!;
  }
}

type Sums = Moments & { sums: number[]; products: number[] };

const createSums = (): Sums => ({ users: 0, answers: 0, sums: [0, 0, 0, 0], products: MOMENT_PAIRS.map(() => 0) });

/** By inversion: one random number for each draw. */
function drawBinomial(random: Random, trials: number, probability: number): number {
  if (probability >= 1) return trials;
  const odds = probability / (1 - probability);
  let chance = (1 - probability) ** trials;
  let left = random.next();
  let count = 0;
  while (left >= chance && count < trials) {
    left -= chance;
    chance *= (odds * (trials - count)) / (count + 1);
    count++;
  }
  return count;
}
