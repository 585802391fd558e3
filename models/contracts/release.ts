// A model release: what the trainer publishes and the edge loads. A release never changes; the pointer moves.

import { z } from 'zod';
import { NEIGHBOURS_PER_ITEM_MAX } from './neighbours.ts';

/** Grows with every change that an isolate or a trainer of before could not read. */
export const RELEASE_SCHEMA = 4;

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

/** An estimate and half the width of its 95% interval. */
const Estimate = z.object({ value: z.number(), margin: z.number() });

/** The model that orders a page, and what was measured when it was trained. */
export const RankingPart = z.object({
  model: ReleaseFile,
  /** Of the feature list that the model reads (models/features/ranking.ts): it serves no other. */
  featuresHash: z.string(),
  actions: z.array(z.string()),
  metrics: z.object({
    /** Examined impressions learnt from, and later ones measured on. */
    examples: z.number().int(),
    laterExamples: z.number().int(),
    /** Mean NDCG of what players took to, among what they had looked at on other pages, of later slates. */
    ndcg: z.number(),
    priorNdcg: z.number(),
    /** Ahead of the ranking model that was in use; null where there was none that reads the same features. */
    overCurrent: Estimate.nullable().default(null),
    /** Sum over the actions, per example; `baseLogLoss`: of saying every action's mean. */
    logLoss: z.number(),
    baseLogLoss: z.number(),
    /** Clicks per row in its order and in the prior's, from shuffled rows (SNIPS); null where there are too few. */
    snips: z.object({ rows: z.number().int(), ranker: Estimate, prior: Estimate, difference: Estimate }).nullable(),
  }),
  /** Rows of features, and the probabilities that the trainer computed for them. */
  selfTest: z.object({ features: z.array(z.number()), expected: z.array(z.number()) }),
});
export type RankingPart = z.infer<typeof RankingPart>;

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
  /** Null where too few impressions were logged, or what was learnt from them is no better than the prior. */
  ranking: RankingPart.nullable(),
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
    expected: z.array(z.object({ itemIndex: z.number().int(), score: z.number() })),
  }),
  trainSeconds: z.number(),
});
export type ReleaseManifest = z.infer<typeof ReleaseManifest>;

/** A manifest as the edge reads it: a ranking part that this version does not know leaves the rest usable. */
export const ReadManifest = ReleaseManifest.extend({ ranking: z.unknown() });
export type ReadManifest = z.infer<typeof ReadManifest>;

/** The vocabulary as it is published: its order is the item index of every tensor. */
export const encodeVocabulary = (itemIds: readonly string[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(itemIds));

/** A release as it is published. */
export interface ReleaseFiles {
  manifest: ReleaseManifest;
  model: Uint8Array;
  vocabulary: Uint8Array;
  neighbours: Uint8Array;
  /** Undefined where the manifest's ranking part is null. */
  ranking?: Uint8Array | undefined;
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
