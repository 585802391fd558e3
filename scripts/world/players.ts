// The players of the made-up world: their true preferences and how much they play. Their events are in events.ts.

import { createRandom, type Random } from '../../models/data/random.ts';
import { ARCHETYPES, GENRES } from './genres.ts';

const PLAYERS = 3_000;
const DAYS = 90;
const SESSIONS_MAX = 120;
/** Share of players who joined within the 90 days. */
const NEW_PLAYERS = 0.3;

const HOMES = [
  { country: 'US', locale: 'en-US', utcOffsetHours: -6, weight: 5 },
  { country: 'DE', locale: 'de-DE', utcOffsetHours: 1, weight: 2 },
  { country: 'GB', locale: 'en-GB', utcOffsetHours: 0, weight: 2 },
  { country: 'BR', locale: 'pt-BR', utcOffsetHours: -3, weight: 2 },
  { country: 'FR', locale: 'fr-FR', utcOffsetHours: 1, weight: 1.5 },
  { country: 'JP', locale: 'ja-JP', utcOffsetHours: 9, weight: 1.5 },
  { country: 'PL', locale: 'pl-PL', utcOffsetHours: 1, weight: 1 },
  { country: 'CH', locale: 'de-CH', utcOffsetHours: 1, weight: 0.5 },
] as const;
const PLATFORMS = ['windows', 'linux', 'mac', 'playstation', 'switch'] as const;
const PLATFORM_WEIGHTS = [6, 0.6, 0.8, 1.2, 0.8];

/** The names of all segments; a player has a weight for each, in this order. */
export const SEGMENTS: readonly string[] = GENRES.flatMap((genre) => genre.segments.map((segment) => segment.name));

export interface Player {
  userId: string;
  /** Weight per segment, in the order of SEGMENTS; the weights add up to 1. */
  segmentWeights: readonly number[];
  /** Preferred tone and challenge, −1 to 1. */
  style: readonly [number, number];
  /** Sessions in the 90 days: heavy-tailed. */
  sessions: number;
  /** Days before `now` on which the player joined, 0–90. */
  joinedDaysAgo: number;
  platform: string;
  home: (typeof HOMES)[number];
}

/** Some 3,000 players, `player-0001` on. The same seed gives the same players. */
export function makePlayers(seed: number): Player[] {
  const random = createRandom(seed, 'players');
  return Array.from({ length: PLAYERS }, (_, index) => {
    const isNew = random.chance(NEW_PLAYERS);
    const joinedDaysAgo = isNew ? DAYS * random.next() : DAYS;
    const perSeason = Math.exp(1.72 + 0.95 * random.normal());
    return {
      userId: `player-${String(index + 1).padStart(4, '0')}`,
      segmentWeights: makeSegmentWeights(random),
      style: [0.6 * random.normal(), 0.6 * random.normal()],
      sessions: Math.min(SESSIONS_MAX, Math.max(1, Math.round(perSeason * (0.3 + (0.7 * joinedDaysAgo) / DAYS)))),
      joinedDaysAgo,
      platform: PLATFORMS[random.weighted(PLATFORM_WEIGHTS)]!,
      home: HOMES[random.weighted(HOMES.map((home) => home.weight))]!,
    };
  });
}

/** Mixes one or two archetypes, one more segment, and a little of everything. */
function makeSegmentWeights(random: Random): number[] {
  const weights = SEGMENTS.map(() => 0.004 * -Math.log(1 - random.next()));
  const add = (segment: string, weight: number) => {
    weights[SEGMENTS.indexOf(segment)]! += weight;
  };
  const second = random.chance(0.4) ? 0.4 : 0;
  for (const share of [1 - second, second])
    random.pick(ARCHETYPES).forEach((segment, rank) => {
      add(segment, share * 0.6 ** rank * (0.4 + 1.2 * random.next()));
    });
  add(random.pick(SEGMENTS), 0.25 * random.next());
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}
