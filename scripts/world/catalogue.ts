// The games of the made-up world: a pure function of a seed and a moment. What players do with them is players.ts.

import { drawnCoverPath } from '../../models/contracts/cover.ts';
import type { Item } from '../../models/contracts/item.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import { hashString } from '../../models/features/rng.ts';
import { GENRES, type Genre, type Niche } from './genres.ts';
import { makeSequelTitle, makeStudioName, makeTitle, makeUnique } from './titles.ts';

const GAMES = 2_000;
const STUDIOS = 190;
const OLDEST_DAYS = 12 * 365;
/** Games that many play from three days ago on. */
const SURGING_GAMES = 14;
const DAY_MS = 86_400_000;
const SERIES_LENGTHS = [0.7, 0.16, 0.09, 0.05];
const EVER_BRIGHT = new Set(['Sports', 'Racing', 'Puzzle']);
const CURRENCY = 'USD';
const PRICES = [
  0.99, 1.99, 2.99, 4.99, 7.99, 9.99, 12.99, 14.99, 17.99, 19.99, 24.99, 29.99, 39.99, 49.99, 59.99, 69.99,
];

/** A game with what no store could know of it. */
export interface Game {
  item: Item;
  /** Name of its niche. */
  niche: string;
  /** Games of one series have one number. */
  series: number;
  releasedAt: number;
  /** How good it is, 0–1. */
  quality: number;
  /** How many hear of it: heavy-tailed. */
  appeal: number;
  /** Its appeal is multiplied by this in the last three days. */
  surge: number;
  /** From −1 (bright, easy) to 1 (dark, hard): tone and challenge. */
  mood: readonly [number, number];
}

interface Studio {
  name: string;
  genre: Genre;
  niches: readonly Niche[];
  quality: number;
  priceFactor: number;
  mood: readonly [number, number];
}

/** Some 2,000 items. The same seed and `now` (epoch milliseconds) give the same items. */
export const makeCatalogue = (seed: number, now: number): Item[] => makeGames(seed, now).map((game) => game.item);

/** The same catalogue with what is hidden behind it. */
export function makeGames(seed: number, now: number): Game[] {
  const random = createRandom(seed, 'games');
  const studios = makeStudios(createRandom(seed, 'studios'));
  const fame = studios.map(() => Math.exp(0.8 * random.normal()));
  const titles = new Set<string>();
  const itemIds = new Set<string>();
  const games: Game[] = [];

  for (let series = 0; games.length < GAMES; series++) {
    const studio = studios[random.weighted(fame)]!;
    const niche = random.pick(studio.niches);
    const first = makeUnique(titles, () => makeTitle(random, studio.genre, niche));
    const parts = 1 + random.weighted(SERIES_LENGTHS);
    const appeal = Math.exp(1.15 * random.normal()) * (parts > 1 ? 1.6 : 1);
    let ageDays = OLDEST_DAYS * random.next() ** 1.35;
    for (let part = 1; part <= parts && ageDays > 0 && games.length < GAMES; part++) {
      const releasedAt = now - ageDays * DAY_MS;
      const year = new Date(releasedAt).getUTCFullYear();
      const title =
        part === 1 ? first : makeUnique(titles, () => makeSequelTitle(random, studio.genre, first, part, year));
      games.push(makeGame(random, { studio, niche, series, title, itemIds, appeal, releasedAt, now }));
      ageDays -= 300 + 900 * random.next();
    }
  }
  return withSurges(random, games, now);
}

function makeStudios(random: Random): Studio[] {
  const names = new Set<string>();
  return Array.from({ length: STUDIOS }, (_, index) => {
    const genre = GENRES[index % GENRES.length]!;
    const dearest = random.below(genre.niches.length);
    return {
      name: makeUnique(names, () => makeStudioName(random)),
      genre,
      // A studio mostly stays with one niche.
      niches: [dearest, dearest, dearest, random.below(genre.niches.length)].map((at) => genre.niches[at]!),
      quality: 0.25 + 0.5 * random.next(),
      priceFactor: Math.exp(0.45 * random.normal()),
      mood: [drawMood(random, genre.name === 'Horror' ? 0.6 : 0), drawMood(random, 0)],
    };
  });
}

interface GamePlan {
  studio: Studio;
  niche: Niche;
  series: number;
  title: string;
  itemIds: Set<string>;
  appeal: number;
  releasedAt: number;
  now: number;
}

function makeGame(random: Random, plan: GamePlan): Game {
  const { studio, niche, series, title, releasedAt, now } = plan;
  const { genre } = studio;
  const quality = clamp(studio.quality + 0.2 * random.normal(), 0.02, 0.98);
  const mood = [
    clamp(studio.mood[0] + 0.35 * random.normal(), -1, 1),
    clamp(studio.mood[1] + 0.35 * random.normal(), -1, 1),
  ] as const;
  const ageYears = (now - releasedAt) / (365 * DAY_MS);
  const free = random.chance(genre.free);
  const itemId = makeItemId(plan.itemIds, title);
  const item: Item = {
    itemId,
    title,
    genres: niche.also !== undefined && random.chance(0.45) ? [genre.name, niche.also] : [genre.name],
    tags: makeTags(random, genre.name, niche, mood, free),
    developer: studio.name,
    releaseDate: new Date(releasedAt).toISOString().slice(0, 10),
    price: free ? 0 : nearestPrice(genre.price * studio.priceFactor * 0.9 ** ageYears * (0.7 + 0.6 * random.next())),
    currency: CURRENCY,
    ageRating: random.pick(genre.ages),
    platforms: makePlatforms(random, genre),
    coverUrl: drawnCoverPath(genre.name, hashString(itemId)),
    hidden: false,
  };
  // The better, the newer and the free are heard of more.
  const appeal =
    plan.appeal * Math.exp(1.6 * (quality - 0.5)) * (0.35 + 1.3 * Math.exp(-ageYears / 2)) * (free ? 1.5 : 1);
  return { item, niche: niche.name, series, releasedAt, quality, mood, appeal, surge: 1 };
}

function makeTags(
  random: Random,
  genre: string,
  niche: Niche,
  [tone, challenge]: readonly [number, number],
  free: boolean,
): string[] {
  const tags = [niche.name, ...niche.tags.filter(() => random.chance(0.8))];
  if (tone > 0.5 && !EVER_BRIGHT.has(genre)) tags.push('Dark');
  if (tone < -0.5 && genre !== 'Horror') tags.push('Wholesome');
  if (challenge > 0.5 && !tags.includes('Relaxing')) tags.push('Difficult');
  if (challenge < -0.5 && !tags.includes('Difficult')) tags.push('Relaxing');
  if (free) tags.push('Free to Play');
  return [...new Set(tags)];
}

function makePlatforms(random: Random, genre: Genre): string[] {
  const mobile = ['Puzzle', 'Card', 'Platformer'].includes(genre.name) ? 0.5 : 0.06;
  const shares: [string, number][] = [
    ['windows', 0.97],
    ['mac', 0.4],
    ['linux', 0.3],
    ['playstation', 0.35],
    ['xbox', 0.35],
    ['switch', 0.3],
    ['android', mobile],
    ['ios', mobile],
  ];
  const platforms = shares.filter(([, share]) => random.chance(share)).map(([platform]) => platform);
  return platforms.length > 0 ? platforms : ['windows'];
}

/** A rising game is one that few knew, out for longer than it rises. */
function withSurges(random: Random, games: readonly Game[], now: number): Game[] {
  const known = games.filter((game) => game.releasedAt < now - 10 * DAY_MS && game.appeal > 0.3 && game.appeal < 1.2);
  const rising = new Set(Array.from({ length: SURGING_GAMES }, () => random.pick(known)));
  return games.map((game) => (rising.has(game) ? { ...game, surge: 25 + 35 * random.next() } : game));
}

function makeItemId(taken: Set<string>, title: string): string {
  const slug = title
    .toLowerCase()
    .normalize('NFD')
    .replace(/[\u0300-\u036f’]/g, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  let copy = 1;
  return makeUnique(taken, () => (copy++ === 1 ? slug : `${slug}-${copy - 1}`));
}

const drawMood = (random: Random, middle: number) => clamp(middle + 0.5 * random.normal(), -1, 1);
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
const nearestPrice = (price: number) =>
  PRICES.reduce((nearest, rung) => (Math.abs(rung - price) < Math.abs(nearest - price) ? rung : nearest));
