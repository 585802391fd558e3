// What an experiment may change of the algorithm: a closed, typed list. Without an experiment the defaults hold.

import { z } from 'zod';
import { ROW_KINDS } from './gallery.ts';

/** The ranking model predicts the probability of each, in this order. */
export const ACTIONS = ['click', 'play', 'like', 'purchase', 'dismiss'] as const;
export type Action = (typeof ACTIONS)[number];

const utility = z.number().min(-100).max(100);

export const AlgorithmSettings = z
  .strictObject({
    actionUtilities: z
      .strictObject({ click: utility, play: utility, like: utility, purchase: utility, dismiss: utility })
      .meta({ description: 'The worth of each action to the store; an item’s score is the expected sum.' }),
    similarityWeight: z.number().min(0).max(1).meta({
      description: 'The share of its score that a game loses if it is like another one on the list.',
    }),
    calibrationWeight: z.number().min(0).max(10).meta({
      description: 'The share of its score that a game gains if the list lacks its genres, given the player’s taste.',
    }),
    shuffleShare: z.number().min(0).max(0.5).meta({
      description: 'The share of answers whose first row is in random order, from which the ranking model learns.',
    }),
    fatigueRanks: z.number().min(0).max(50).meta({
      description: 'Ranks that a game loses each time it is passed over, while no ranking model scores.',
    }),
    popularityCap: z.number().min(0).max(1).meta({
      description: 'The largest share of the first row that the hundred most popular games may take; 1: no cap.',
    }),
    rows: z
      .array(z.enum(ROW_KINDS))
      .min(1)
      .max(ROW_KINDS.length)
      .refine((rows) => new Set(rows).size === rows.length, 'must not repeat a kind of row')
      .refine((rows) => rows.includes('top-picks'), 'must have the top picks: the ranking model learns from them')
      .nullable()
      .meta({
        description:
          'The kinds of rows that a page may have, in their order, the top picks among them; null: all, the own ' +
          'games below the top picks, and the others by their expected utility.',
      }),
  })
  .meta({ id: 'AlgorithmSettings' });
export type AlgorithmSettings = z.infer<typeof AlgorithmSettings>;

export const DEFAULT_SETTINGS: AlgorithmSettings = {
  actionUtilities: { click: 1, play: 4, like: 3, purchase: 6, dismiss: -4 },
  // Measured: docs/experiments.md.
  similarityWeight: 0.5,
  calibrationWeight: 1,
  shuffleShare: 0.05,
  // Half of a row: an item passed over once sinks within its page, one passed over three times leaves it.
  fatigueRanks: 6,
  popularityCap: 1,
  rows: null,
};
