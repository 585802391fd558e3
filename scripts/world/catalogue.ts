// The games of the made-up world: a pure function of a seed and a moment.

import { drawnCoverPath } from '../../models/contracts/cover.ts';
import type { Item } from '../../models/contracts/item.ts';
import { createRandom, type Random } from '../../models/data/random.ts';
import { hashString } from '../../models/features/rng.ts';
import { GENRES, type Genre, type Segment } from './genres.ts';
import { makeSequelTitle, makeStudioName, makeTitle, makeUnique } from './titles.ts';

const GAMES = 2_000;
const STUDIOS = 190;
const OLDEST_DAYS = 12 * 365;
/** Games that surge in the last three days. */
const SURGING_GAMES = 14;
const DAY_MS = 86_400_000;
const SERIES_LENGTHS = [0.7, 0.16, 0.09, 0.05];
const EVER_BRIGHT = new Set(['Sports', 'Racing', 'Puzzle']);
const CURRENCY = 'USD';
const PRICES = [
  0.99, 1.99, 2.99, 4.99, 7.99, 9.99, 12.99, 14.99, 17.99, 19.99, 24.99, 29.99, 39.99, 49.99, 59.99, 69.99,
];

/** A game with its ground truth, which no store could know. */
export interface Game {
  item: Item;
  /** Name of its segment. */
  segment: string;
  /** Number of its series. */
  series: number;
  releasedAt: number;
  /** Quality, 0–1. */
  quality: number;
  /** Visibility: heavy-tailed. */
  appeal: number;
  /** Its appeal is multiplied by this in the last three days. */
  surge: number;
  /** Tone and challenge, from −1 (bright, easy) to 1 (dark, hard). */
  style: readonly [number, number];
}

interface Studio {
  name: string;
  genre: Genre;
  segments: readonly Segment[];
  quality: number;
  priceFactor: number;
  style: readonly [number, number];
}

/** Some 2,000 items. The same seed and `now` (epoch milliseconds) give the same items. */
export const makeCatalogue = (seed: number, now: number): Item[] => makeGames(seed, now).map((game) => game.item);

/** The same catalogue with its ground truth. */
export function makeGames(seed: number, now: number): Game[] {
  const random = createRandom(seed, 'games');
  const studios = makeStudios(createRandom(seed, 'studios'));
  const fame = studios.map(() => Math.exp(0.8 * random.normal()));
  const titles = new Set<string>();
  const itemIds = new Set<string>();
  const games: Game[] = [];

  for (let series = 0; games.length < GAMES; series++) {
    const studio = studios[random.weighted(fame)]!;
    const segment = random.pick(studio.segments);
    const first = makeUnique(titles, () => makeTitle(random, studio.genre, segment));
    const parts = 1 + random.weighted(SERIES_LENGTHS);
    const appeal = Math.exp(1.15 * random.normal()) * (parts > 1 ? 1.6 : 1);
    let ageDays = OLDEST_DAYS * random.next() ** 1.35;
    for (let part = 1; part <= parts && ageDays > 0 && games.length < GAMES; part++) {
      const releasedAt = now - ageDays * DAY_MS;
      const year = new Date(releasedAt).getUTCFullYear();
      const title =
        part === 1 ? first : makeUnique(titles, () => makeSequelTitle(random, studio.genre, first, part, year));
      games.push(makeGame(random, { studio, segment, series, title, itemIds, appeal, releasedAt, now }));
      ageDays -= 300 + 900 * random.next();
    }
  }
  return withSurges(random, games, now);
}

function makeStudios(random: Random): Studio[] {
  const names = new Set<string>();
  return Array.from({ length: STUDIOS }, (_, index) => {
    const genre = GENRES[index % GENRES.length]!;
    const main = random.below(genre.segments.length);
    return {
      name: makeUnique(names, () => makeStudioName(random)),
      genre,
      // A studio mostly makes games of one segment.
      segments: [main, main, main, random.below(genre.segments.length)].map((at) => genre.segments[at]!),
      quality: 0.25 + 0.5 * random.next(),
      priceFactor: Math.exp(0.45 * random.normal()),
      style: [drawStyle(random, genre.name === 'Horror' ? 0.6 : 0), drawStyle(random, 0)],
    };
  });
}

interface GamePlan {
  studio: Studio;
  segment: Segment;
  series: number;
  title: string;
  itemIds: Set<string>;
  appeal: number;
  releasedAt: number;
  now: number;
}

function makeGame(random: Random, plan: GamePlan): Game {
  const { studio, segment, series, title, releasedAt, now } = plan;
  const { genre } = studio;
  const quality = clamp(studio.quality + 0.2 * random.normal(), 0.02, 0.98);
  const style = [
    clamp(studio.style[0] + 0.35 * random.normal(), -1, 1),
    clamp(studio.style[1] + 0.35 * random.normal(), -1, 1),
  ] as const;
  const ageYears = (now - releasedAt) / (365 * DAY_MS);
  const free = random.chance(genre.free);
  const itemId = makeItemId(plan.itemIds, title);
  const item: Item = {
    itemId,
    title,
    genres: segment.also !== undefined && random.chance(0.45) ? [genre.name, segment.also] : [genre.name],
    tags: makeTags(random, genre.name, segment, style, free),
    developer: studio.name,
    releaseDate: new Date(releasedAt).toISOString().slice(0, 10),
    price: free ? 0 : nearestPrice(genre.price * studio.priceFactor * 0.9 ** ageYears * (0.7 + 0.6 * random.next())),
    currency: CURRENCY,
    ageRating: random.pick(genre.ages),
    platforms: makePlatforms(random, genre),
    coverUrl: drawnCoverPath(genre.name, hashString(itemId)),
    hidden: false,
  };
  // Better, newer and free games are more visible.
  const appeal =
    plan.appeal * Math.exp(1.6 * (quality - 0.5)) * (0.35 + 1.3 * Math.exp(-ageYears / 2)) * (free ? 1.5 : 1);
  return { item, segment: segment.name, series, releasedAt, quality, style, appeal, surge: 1 };
}

function makeTags(
  random: Random,
  genre: string,
  segment: Segment,
  [tone, challenge]: readonly [number, number],
  free: boolean,
): string[] {
  const tags = [segment.name, ...segment.tags.filter(() => random.chance(0.8))];
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

/** Surges hit little-known games that were released before the surge begins. */
function withSurges(random: Random, games: readonly Game[], now: number): Game[] {
  const known = games.filter((game) => game.releasedAt < now - 10 * DAY_MS && game.appeal > 0.3 && game.appeal < 1.2);
  const surging = new Set(Array.from({ length: SURGING_GAMES }, () => random.pick(known)));
  return games.map((game) => (surging.has(game) ? { ...game, surge: 25 + 35 * random.next() } : game));
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

const drawStyle = (random: Random, middle: number) => clamp(middle + 0.5 * random.normal(), -1, 1);
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));
const nearestPrice = (price: number) =>
  PRICES.reduce((nearest, rung) => (Math.abs(rung - price) < Math.abs(nearest - price) ? rung : nearest));
