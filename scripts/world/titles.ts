// Makes up names for games, towns and studios, each used once. Does not check that a name is free in the real world.

import type { Random } from '../../models/data/random.ts';
import type { Genre, Segment } from './genres.ts';

const TOWN_STARTS =
  'Val Thorn Ash Eld Mar Bryn Cal Dun Fen Har Kel Lor Myr Nor Oster Pell Quil Ro Sel Tar Ul Ver Wyn Ys'.split(' ');
const TOWN_ENDS = 'mere wick hollow dale gard haven moor fell ria don crest vale hold bourne mark stead'.split(' ');
const COMPOUND_STARTS = 'Sky Star Moon Rift Frost Storm Gloom Night Wild Rune Dust Sun Ever Over Under Cloud'.split(
  ' ',
);
const COMPOUND_ENDS =
  'forge fall bound light break watch born spire weaver drift gate song root fire ward runner'.split(' ');
const FIRST_NAMES =
  'Ada Bruno Clara Dmitri Elsie Farid Greta Hugo Ines Juno Kasimir Lotte Milo Nadia Otto Petra Rosa Sami Tilda Yuki';
const SURNAMES =
  'Abernathy Bellweather Castellan Dreyer Eklund Fairburn Grieve Hollis Ibarra Juhl Kestrel Lindqvist'.split(' ');
const STUDIO_ADJECTIVES =
  'Red Lazy Loud Blue Wandering Sleepy Tin Paper Copper Second Crooked Bright Northern Humble'.split(' ');
const STUDIO_NOUNS =
  'Heron Kettle Badger Lantern Anvil Otter Compass Magpie Robot Turnip Walrus Comet Teapot Moose'.split(' ');
const STUDIO_KINDS = ['Games', 'Studios', 'Interactive', 'Works', 'Entertainment', 'Collective', 'Softworks'];
const ROMAN = ['', '', 'II', 'III', 'IV', 'V'];

const makeTownName = (random: Random) => random.pick(TOWN_STARTS) + random.pick(TOWN_ENDS);

/** Makes names until one is not in `taken`, and adds it. */
export function makeUnique(taken: Set<string>, make: () => string): string {
  for (;;) {
    const name = make();
    const key = name.toLowerCase();
    if (taken.has(key)) continue;
    taken.add(key);
    return name;
  }
}

/** The title of a game, or of the first of a series. */
export function makeTitle(random: Random, genre: Genre, segment: Segment): string {
  const adjective = random.pick(genre.adjectives);
  const noun = random.pick(segment.nouns);
  const patterns: readonly [weight: number, make: () => string][] = [
    [8, () => `${adjective} ${noun}`],
    [3, () => `The ${adjective} ${noun}`],
    [3, () => `${noun} of ${makeTownName(random)}`],
    [3, () => random.pick(COMPOUND_STARTS) + random.pick(COMPOUND_ENDS)],
    [3, () => `${noun}: ${random.pick(genre.subtitles)}`],
    [2, () => `${makeTownName(random)} ${noun}`],
    [2, () => `${random.pick(FIRST_NAMES.split(' '))}’s ${noun}`],
    [2, () => `${noun} & ${random.pick(segment.nouns.filter((other) => other !== noun))}`],
    [1, () => makeTownName(random)],
    [genre.name === 'Simulation' ? 4 : 0, () => `${noun} ${random.pick(['Tycoon', 'Simulator', 'Days', 'Story'])}`],
    [
      genre.name === 'RPG' || genre.name === 'Adventure' ? 3 : 0,
      () => `${makeTownName(random)}: ${random.pick(genre.subtitles)}`,
    ],
  ];
  return patterns[random.weighted(patterns.map(([weight]) => weight))]![1]();
}

/** The title of a later part. `part` counts from 2; `year` is its release's. */
export function makeSequelTitle(random: Random, genre: Genre, first: string, part: number, year: number): string {
  if (genre.name === 'Sports' || genre.name === 'Racing')
    return random.chance(0.6) ? `${first} ${year}` : `${first} ${part}`;
  if (first.includes(':') || random.chance(0.5))
    return random.chance(0.6) ? `${first} ${part}` : `${first} ${ROMAN[part]}`;
  return `${first}: ${random.pick(genre.subtitles)}`;
}

export function makeStudioName(random: Random): string {
  const kind = random.pick(STUDIO_KINDS);
  if (random.chance(0.55)) return `${random.pick(STUDIO_ADJECTIVES)} ${random.pick(STUDIO_NOUNS)} ${kind}`;
  if (random.chance(0.5)) return `${makeTownName(random)} ${kind}`;
  return `${random.pick(SURNAMES)} ${random.chance(0.5) ? kind : `& ${random.pick(SURNAMES)}`}`;
}
