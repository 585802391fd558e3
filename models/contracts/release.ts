// A model release: what the trainer publishes and the edge loads. A release never changes; the pointer moves.

import { z } from 'zod';
import { NEIGHBOURS_PER_ITEM_MAX } from './neighbours.ts';

/** Grows with every change that an isolate or a trainer of before could not read. */
export const RELEASE_SCHEMA = 2;

/** Items of a player's history that a retrieval model reads; the newest, newest first, padded at the end with weight 0. */
export const HISTORY_LENGTH = 128;
/** What an isolate of 128 MB has room for twice, while it swaps one release for the next: ORT takes some three times the file. */
export const MODEL_BYTES_MAX = 16 * 1000 * 1000;

/**
 * The one signature of every retrieval model, so that releases can be exchanged:
 * items int32 [batch, HISTORY_LENGTH] places in the vocabulary; weights float32, same shape, 0 where padded;
 * ages float32, same shape, days since the item's last event; → scores float32 [batch, vocabulary]: probabilities
 * or votes, the higher the better. What scores 0 or less is not recommended.
 */
export const TensorSignature = z.object({
  historyLength: z.literal(HISTORY_LENGTH),
  inputs: z.tuple([z.literal('items'), z.literal('weights'), z.literal('ages')]),
  output: z.literal('scores'),
});
export const SIGNATURE: z.infer<typeof TensorSignature> = {
  historyLength: HISTORY_LENGTH,
  inputs: ['items', 'weights', 'ages'],
  output: 'scores',
};

const ReleaseFile = z.object({ key: z.string(), bytes: z.number().int(), sha256: z.string() });
export type ReleaseFile = z.infer<typeof ReleaseFile>;

export const RankingMetrics = z.object({
  users: z.number().int(),
  'hitRate@10': z.number(),
  'ndcg@10': z.number(),
  'recall@20': z.number(),
  'ndcg@100': z.number(),
  mrr: z.number(),
  'coverage@10': z.number(),
  'novelty@10': z.number(),
});
export type RankingMetrics = z.infer<typeof RankingMetrics>;

export const ReleaseManifest = z.object({
  schema: z.literal(RELEASE_SCHEMA),
  version: z.string(),
  algorithm: z.string(),
  parameters: z.record(z.string(), z.union([z.number(), z.string()])),
  createdAt: z.iso.datetime(),
  signature: TensorSignature,
  items: z.number().int(),
  model: ReleaseFile,
  /** JSON array of item ids; a place in it is an item's place in every tensor. */
  vocabulary: ReleaseFile,
  /** The nearest items of each (models/contracts/neighbours.ts). */
  neighbours: ReleaseFile.extend({ perItem: z.number().int().positive().max(NEIGHBOURS_PER_ITEM_MAX) }),
  data: z.object({
    snapshot: z.string(),
    from: z.iso.datetime(),
    until: z.iso.datetime(),
    users: z.number().int(),
    interactions: z.number().int(),
    lastSequence: z.number().int(),
  }),
  metrics: z.object({
    protocol: z.string(),
    candidate: RankingMetrics,
    popularity: RankingMetrics,
    current: RankingMetrics.nullable(),
  }),
  /** A history, and what the trainer scored for it: each isolate repeats this before it serves the release. */
  selfTest: z.object({
    items: z.array(z.number().int()),
    weights: z.array(z.number()),
    ages: z.array(z.number()),
    expected: z.array(z.object({ place: z.number().int(), score: z.number() })),
  }),
  trainSeconds: z.number(),
});
export type ReleaseManifest = z.infer<typeof ReleaseManifest>;

/** The vocabulary as it is published: a place in it is an item's place in every tensor. */
export const encodeVocabulary = (itemIds: readonly string[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(itemIds));

/** A release as it is published. */
export interface ReleaseFiles {
  manifest: ReleaseManifest;
  model: Uint8Array;
  vocabulary: Uint8Array;
  neighbours: Uint8Array;
}

export const ReleasePointer = z.object({
  version: z.string(),
  manifestKey: z.string(),
  manifestSha256: z.string(),
  movedAt: z.iso.datetime(),
});
export type ReleasePointer = z.infer<typeof ReleasePointer>;

/** Scores may differ by this between two engines, relative to the largest score of the answer. */
export const PARITY_TOLERANCE = 1e-4;
