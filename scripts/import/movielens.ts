// Reads MovieLens in its three shapes: ratings.dat (`::`), ratings.csv (with a header) and u.data (tabs), with the
// catalogue beside each.

import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { splitCsv } from './csv.ts';
import { cleanItem, type ItemRecord, readItemRecords } from './item.ts';
import { readLines } from './lines.ts';
import { BEFORE_FIRST_LINE, type Row, type Source, skipLine, toEvent } from './row.ts';

const SECOND_MS = 1_000;
/** The flags of u.item, in the order of its u.genre. */
const U_ITEM_GENRES = [
  ...['unknown', 'Action', 'Adventure', 'Animation', 'Children’s', 'Comedy', 'Crime', 'Documentary', 'Drama'],
  ...['Fantasy', 'Film-Noir', 'Horror', 'Musical', 'Mystery', 'Romance', 'Sci-Fi', 'Thriller', 'War', 'Western'],
];
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

interface Shape {
  ratings: string;
  catalogue: string;
  /** The catalogues of the two older shapes predate UTF-8. */
  encoding: 'utf-8' | 'latin1';
  split(line: string): string[];
  splitItem(line: string): { id: string | undefined; record: ItemRecord };
}

const splitGenres = (genres: string | undefined) =>
  (genres ?? '').split('|').filter((genre) => !genre.startsWith('(no '));
const named = ([id, title, genres]: string[]) => ({ id, record: { title, genres: splitGenres(genres) } });

const SHAPES: readonly Shape[] = [
  {
    ratings: 'ratings.dat',
    catalogue: 'movies.dat',
    encoding: 'latin1',
    split: (line) => line.split('::'),
    splitItem: (line) => named(line.split('::')),
  },
  {
    ratings: 'ratings.csv',
    catalogue: 'movies.csv',
    encoding: 'utf-8',
    split: splitCsv,
    splitItem: (line) => named(splitCsv(line)),
  },
  {
    ratings: 'u.data',
    catalogue: 'u.item',
    encoding: 'latin1',
    split: (line) => line.split('\t'),
    splitItem(line) {
      const [id, title, released, , , ...flags] = line.split('|');
      const genres = U_ITEM_GENRES.filter((_, place) => flags[place] === '1');
      return { id, record: { title, genres, releaseDate: toIsoDate(released) } };
    },
  },
];

/** Finds the file of ratings: `file` itself, or the one in the folder `file`. Throws if there is none. */
export function findRatings(file: string): string {
  if (!statSync(file).isDirectory()) return file;
  const found = SHAPES.flatMap(({ ratings }) => [ratings, `${ratings}.gz`])
    .map((name) => path.join(file, name))
    .find((name) => existsSync(name));
  if (found === undefined) throw new Error(`${file} contains no ratings.dat, ratings.csv or u.data`);
  return found;
}

/** Ratings become `rate` events at their own times; a catalogue given as JSON lines replaces the one beside them. */
export async function* readMovielens({ path: file, itemsPath, idPrefix, startedAt }: Source): AsyncGenerator<Row> {
  const shape = await findShape(file);
  if (itemsPath !== undefined) yield* readItemRecords(itemsPath);
  else yield* readMovies(path.dirname(file), shape);

  for await (const { text, number } of readLines(file)) {
    if (text.trim() === '' || (number === 1 && text.startsWith('userId'))) continue;
    const [userId, itemId, rating, seconds] = shape.split(text);
    if (!userId || !itemId || !rating || !seconds) {
      yield skipLine(file, number, 'is not user, item, rating, timestamp');
      continue;
    }
    const event = toEvent(
      { id: `${idPrefix}-${number}`, userId, type: 'rate', itemId, value: Number(rating) },
      Number(seconds) * SECOND_MS,
      startedAt,
    );
    yield event.ok ? { kind: 'event', event: event.value, line: number } : skipLine(file, number, event.error);
  }
}

/** Recognises the shape by the file's name or, if it was renamed, by its first line. */
async function findShape(file: string): Promise<Shape> {
  const name = path.basename(file).replace(/\.gz$/, '');
  const known = SHAPES.find((shape) => shape.ratings === name);
  if (known !== undefined) return known;
  for await (const { text } of readLines(file)) {
    const shape = SHAPES.find((one) => one.split(text).length === 4);
    if (shape !== undefined) return shape;
    break;
  }
  throw new Error(`${file} does not look like ratings.dat, ratings.csv or u.data`);
}

async function* readMovies(folder: string, shape: Shape): AsyncGenerator<Row> {
  const file = [shape.catalogue, `${shape.catalogue}.gz`]
    .map((name) => path.join(folder, name))
    .find((name) => existsSync(name));
  if (file === undefined) return;
  for await (const { text, number } of readLines(file, shape.encoding)) {
    if (text.trim() === '' || (number === 1 && text.startsWith('movieId'))) continue;
    const { id, record } = shape.splitItem(text);
    const item = cleanItem(id ?? '', record);
    const line = BEFORE_FIRST_LINE;
    yield item.ok
      ? { kind: 'item', item: item.value, line }
      : { ...skipLine(file, number, `item: ${item.error}`), line };
  }
}

/** 01-Jan-1995 → 1995-01-01; cleaning drops invalid dates. */
function toIsoDate(date: string | undefined): string {
  const [day, month, year] = (date ?? '').split('-');
  return `${year}-${String(MONTHS.indexOf(month ?? '') + 1).padStart(2, '0')}-${day}`;
}
