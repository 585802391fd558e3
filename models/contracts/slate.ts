// Slates: the items that an answer showed and the features that ranked them, the training data of the ranking model.
// Logged when the answer is made, so that training recomputes no feature; outcomes join by `recommendationId`.

import { z } from 'zod';
import { Exposure, InterleavedRow, ShadowComparison } from './experiment.ts';
import { SlateEntries } from './slate-entries.ts';
import { MetricCount } from './system-metrics.ts';

/** Only the first entries are logged: a queue message holds at most 128 KB. */
export const SLATE_ENTRIES_MAX = 200;

/** Answers in a message. */
export const MESSAGE_ANSWERS_MAX = 50;

/** One answer: its ranked items, row by row. */
export const Slate = z.object({
  recommendationId: z.string(),
  userId: z.string(),
  /** Epoch milliseconds. */
  shownAt: z.number().int(),
  tier: z.string(),
  release: z.string().nullable(),
  country: z.string().nullable(),
  platform: z.string().nullable(),
  /** FEATURES_HASH of the list that `features` follows. */
  featuresHash: z.string(),
  entries: SlateEntries,
  /** Base64 of bytes: [entries, features], see models/features/feature-range.ts. */
  features: z.string(),
});
export type Slate = z.infer<typeof Slate>;

/** Different counts in a message: the rest stays in the isolate for the next one. */
export const MESSAGE_COUNTS_MAX = 300;

/** Rows of a page that are told apart in metrics. */
export const SHOWN_ROWS_MAX = 50;

/** An answer in an experiment that has no slate, such as a list, as far as metrics must know it. */
export const SlatelessAnswer = Slate.pick({
  recommendationId: true,
  shownAt: true,
  release: true,
  country: true,
  platform: true,
});
export type SlatelessAnswer = z.infer<typeof SlatelessAnswer>;

/** An answer as the queue `slates` brings it. */
export const RecordedAnswer = z.object({
  /** Null for an answer that only belongs to experiments. */
  slate: Slate.nullable(),
  answer: SlatelessAnswer.optional(),
  /** Kind of each row of the slate's page, and the position of its first item, as events give it. */
  rows: z
    .array(z.tuple([z.string(), z.number().int()]))
    .max(SHOWN_ROWS_MAX)
    .default([]),
  /** The request that was answered, for log lines. */
  requestId: z.string().max(64).optional(),
  /** The effects of experiments on this answer; most have none. */
  exposures: z.array(Exposure).max(20).optional(),
  interleaved: z.array(InterleavedRow).max(20).optional(),
});
export type RecordedAnswer = z.input<typeof RecordedAnswer>;

/** A message of the queue `slates`: answers of one isolate, and what it has counted since its last message. */
export const SlateMessage = z.object({
  /** Empty in a message that only counts. */
  answers: z.array(RecordedAnswer).max(MESSAGE_ANSWERS_MAX),
  counts: z.array(MetricCount).max(MESSAGE_COUNTS_MAX),
  shadows: z.array(ShadowComparison).max(20).optional(),
});
export type SlateMessage = z.input<typeof SlateMessage>;

/** A slate in the log. */
export interface LoggedSlate extends Slate {
  /** Probability with which it was logged: only a sample is, if there are more than the budget allows. */
  samplingRate: number;
}
