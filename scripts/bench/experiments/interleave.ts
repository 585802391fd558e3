// One question asked twice, by interleaving and by a split: does a ranking that knows more get more clicks? Simulated
// players are added until the question is decided.

import { createRandom, type Random } from '../../../models/data/random.ts';
import { ALPHA } from '../../../models/experiments/confidence-sequence.ts';
import { draftTeams } from '../../../models/experiments/interleaving.ts';
import { addMoments, EMPTY_MOMENTS, type Moments, momentsOfUser } from '../../../models/experiments/moments.ts';
import {
  addPreferences,
  EMPTY_PREFERENCES,
  estimatePreference,
  preferencesOfUser,
} from '../../../models/experiments/preference.ts';
import { compareVariant } from '../../../models/experiments/report-metric.ts';

const ITEMS = 60;
const ROW = 11;
/** Mean visits of a player during the experiment, and the standard deviation of their logarithm. */
const VISITS = 4;
const ACTIVITY = 1;
/** The median weight of leaving without a click, and the standard deviation of its logarithm. */
const RELUCTANCE = 10;
const HABIT = 1;
/** Standard deviation of a player's interest in items. */
const INTEREST = 1;
/** The weight of a position is this to its power. */
const PATIENCE = 0.9;

/** Standard deviations of the noise in the control's scores and in the variant's. */
export interface Question {
  control: number;
  variant: number;
}

/** Looks are taken whenever the number of players has grown by a hundredth. */
const nextLook = (users: number) => Math.ceil(users * 1.01) + 10;

export interface Asked {
  /** Users until the answer; null if not by `usersMax`. */
  users: number | null;
  /** True if the variant was said to be better. */
  isBetter: boolean;
}

/** Asks by interleaving, up to `usersMax` users. */
export function askByInterleaving(question: Question, usersMax: number, seed: number): Asked {
  const random = createRandom(seed, 'interleaving');
  let moments = EMPTY_PREFERENCES;
  for (let users = 1, look = 50; users <= usersMax; users++) {
    const clicks = visitInterleaved(question, drawPlayer(random), random);
    if (clicks[0] + clicks[1] > 0) moments = addPreferences(moments, preferencesOfUser(clicks[0], clicks[1]));
    if (users < look && users < usersMax) continue;
    look = nextLook(users);
    const { isSignificant, preference } = estimatePreference(moments);
    if (isSignificant) return { users, isBetter: preference > 0 };
  }
  return { users: null, isBetter: false };
}

/** Asks by a split into halves, by clicks per impression. */
export function askBySplit(question: Question, usersMax: number, seed: number): Asked {
  const random = createRandom(seed, 'split');
  const groups: [Moments, Moments] = [EMPTY_MOMENTS, EMPTY_MOMENTS];
  for (let users = 1, look = 50; users <= usersMax; users++) {
    const isVariant = random.chance(0.5);
    const player = drawPlayer(random);
    const clicks = visit(question, player, random, isVariant);
    const at = isVariant ? 1 : 0;
    groups[at] = addMoments(groups[at], momentsOfUser([clicks, player.visits * ROW, 0, 0], player.visits));
    if (users < look && users < usersMax) continue;
    look = nextLook(users);
    const { isSignificant, difference } = compareVariant('variant', {
      control: groups[0],
      moments: groups[1],
      alpha: ALPHA,
    });
    if (isSignificant) return { users, isBetter: difference! > 0 };
  }
  return { users: null, isBetter: false };
}

/** Clicks of one player. */
function visit(question: Question, player: Player, random: Random, isVariant: boolean): number {
  let clicks = 0;
  for (let n = 0; n < player.visits; n++) {
    const interests = drawInterests(random);
    const ranking = rank(interests, isVariant ? question.variant : question.control, random);
    if (choose(ranking, interests, player, random) !== undefined) clicks++;
  }
  return clicks;
}

/** Clicks on the picks of the control and of the variant. */
function visitInterleaved(question: Question, player: Player, random: Random): [number, number] {
  const clicks: [number, number] = [0, 0];
  for (let n = 0; n < player.visits; n++) {
    const interests = drawInterests(random);
    const rankings = [rank(interests, question.control, random), rank(interests, question.variant, random)] as const;
    const drafted = draftTeams(rankings, ROW, random.next);
    const chosen = choose(
      drafted.map(({ item }) => item),
      interests,
      player,
      random,
    );
    if (chosen !== undefined) clicks[drafted[chosen]!.team]++;
  }
  return clicks;
}

interface Player {
  visits: number;
  /** The weight of leaving without a click, beside those of the row's items. */
  reluctance: number;
}

const drawPlayer = (random: Random): Player => ({
  visits: Math.ceil(VISITS * Math.exp(ACTIVITY * random.normal() - ACTIVITY ** 2 / 2)),
  reluctance: RELUCTANCE * Math.exp(HABIT * random.normal()),
});

const drawInterests = (random: Random) => Float64Array.from({ length: ITEMS }, () => INTEREST * random.normal());

/** The best items first, by interest with noise. */
function rank(interests: Float64Array, noise: number, random: Random): number[] {
  const scores = interests.map((interest) => interest + noise * random.normal());
  return Array.from(scores.keys())
    .sort((a, b) => scores[b]! - scores[a]!)
    .slice(0, ROW);
}

/** A position of the row, or undefined: players choose one game or none, and look less at those further back. */
function choose(
  row: readonly number[],
  interests: Float64Array,
  { reluctance }: Player,
  random: Random,
): number | undefined {
  const weights = row.map((item, at) => Math.exp(interests[item]!) * PATIENCE ** at);
  const chosen = random.weighted([...weights, reluctance]);
  return chosen === row.length ? undefined : chosen;
}
