// The players of the made-up world: what each likes and how much each plays. What they do is events.ts.

import { createRandom, type Random } from '../../models/data/random.ts';
import { ARCHETYPES, GENRES } from './genres.ts';

const PLAYERS = 3_000;
const DAYS = 90;
const SESSIONS_MAX = 120;
/** Share of players who came within the 90 days. */
const NEWCOMERS = 0.3;

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

/** The names of all niches; a taste has a weight for each, in this order. */
export const NICHES: readonly string[] = GENRES.flatMap((genre) => genre.niches.map((niche) => niche.name));

export interface Player {
  userId: string;
  /** Weight per niche, in the order of NICHES; the weights add up to 1. */
  taste: readonly number[];
  /** Tone and challenge liked best, −1 to 1. */
  mood: readonly [number, number];
  /** Sessions in the 90 days: heavy-tailed. */
  sessions: number;
  /** Days before `now` of the first one, 0–90. */
  joinedDaysAgo: number;
  platform: string;
  home: (typeof HOMES)[number];
}

/** Some 3,000 players, `player-0001` on. The same seed gives the same players. */
export function makePlayers(seed: number): Player[] {
  const random = createRandom(seed, 'players');
  return Array.from({ length: PLAYERS }, (_, index) => {
    const newcomer = random.chance(NEWCOMERS);
    const joinedDaysAgo = newcomer ? DAYS * random.next() : DAYS;
    const perSeason = Math.exp(1.72 + 0.95 * random.normal());
    return {
      userId: `player-${String(index + 1).padStart(4, '0')}`,
      taste: makeTaste(random),
      mood: [0.6 * random.normal(), 0.6 * random.normal()],
      sessions: Math.min(SESSIONS_MAX, Math.max(1, Math.round(perSeason * (0.3 + (0.7 * joinedDaysAgo) / DAYS)))),
      joinedDaysAgo,
      platform: PLATFORMS[random.weighted(PLATFORM_WEIGHTS)]!,
      home: HOMES[random.weighted(HOMES.map((home) => home.weight))]!,
    };
  });
}

/** One or two archetypes, a private liking or two, and a little of everything. */
function makeTaste(random: Random): number[] {
  const taste = NICHES.map(() => 0.004 * -Math.log(1 - random.next()));
  const add = (niche: string, weight: number) => {
    taste[NICHES.indexOf(niche)]! += weight;
  };
  const second = random.chance(0.4) ? 0.4 : 0;
  for (const share of [1 - second, second])
    random.pick(ARCHETYPES).forEach((niche, place) => {
      add(niche, share * 0.6 ** place * (0.4 + 1.2 * random.next()));
    });
  add(random.pick(NICHES), 0.25 * random.next());
  const total = taste.reduce((sum, weight) => sum + weight, 0);
  return taste.map((weight) => weight / total);
}
