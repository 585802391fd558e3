// The supported formats, by name.

import { readJsonl } from './jsonl.ts';
import { findRatings, readMovielens } from './movielens.ts';
import type { Reader } from './row.ts';
import { readSequences } from './sequences.ts';
import { readSteam200k } from './steam-200k.ts';

export const READERS = {
  sequences: readSequences,
  'steam-200k': readSteam200k,
  movielens: readMovielens,
  jsonl: readJsonl,
} satisfies Record<string, Reader>;
export type Format = keyof typeof READERS;

export const FORMATS = Object.keys(READERS) as Format[];

/** The file of interactions: MovieLens may be named by its folder. */
export const findFile = (format: Format, path: string): string => (format === 'movielens' ? findRatings(path) : path);
