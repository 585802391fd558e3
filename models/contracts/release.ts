// A model release, published by the trainer and loaded by the edge. A release never changes; the pointer moves.

import { z } from 'zod';
import { NEIGHBOURS_PER_ITEM_MAX } from './neighbours.ts';
import { LastSequences } from './snapshot.ts';

/** Increase it with every change that an older isolate or trainer could not read. */
export const RELEASE_SCHEMA = 5;

/** Items of a history that a retrieval model reads: the newest, newest first, padded at the end with weight 0. */
export const HISTORY_LENGTH = 128;
/** An isolate of 128 MB must hold two while it swaps releases; ORT takes about three times the file. */
export const MODEL_BYTES_MAX = 16 * 1000 * 1000;

/**
 * The signature of every retrieval model, so that one release can replace another. Inputs: items int32 [batch,
 * HISTORY_LENGTH], item indices; weights float32, same shape, 0 if padded; ages float32, same shape, days since the
 * item's last event. Output: scores float32 [batch, vocabulary], probabilities or votes, higher is better; 0 or less is
 * not recommended.
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

/** The model that orders a page, and its metrics when it was trained. */
export const RankingPart = z.object({
  model: ReleaseFile,
  /** Hash of the feature list that the model reads (models/features/ranking.ts). It cannot be used with another. */
  featuresHash: z.string(),
  /** Version of the snapshot that it was trained on; absent in releases before 0.5. A later release may keep it. */
  snapshot: z.string().optional(),
  actions: z.array(z.string()),
  metrics: z.object({
    /** Examined impressions: trained on, and later ones measured on. */
    examples: z.number().int(),
    laterExamples: z.number().int(),
    /** Mean NDCG, on later slates, of items that players acted on among those they examined on other pages. */
    ndcg: z.number(),
    priorNdcg: z.number(),
    /** NDCG above the ranking model in use; null if there was none that reads the same features. */
    overCurrent: Estimate.nullable(),
    /** Sum over the actions, per example; `baseLogLoss`: of predicting each action's mean. */
    logLoss: z.number(),
    baseLogLoss: z.number(),
    /** Clicks per row in its order and in the prior's, from shuffled rows (SNIPS); null if there are too few. */
    snips: z.object({ rows: z.number().int(), ranker: Estimate, prior: Estimate, difference: Estimate }).nullable(),
  }),
  /** Rows of features from the lowest expected utility to the highest, and the trainer's probabilities for them. */
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
  /** JSON array of item ids, in the order of the item index in every tensor. */
  vocabulary: ReleaseFile,
  /** The nearest items of each item (models/contracts/neighbours.ts). */
  neighbours: ReleaseFile.extend({ perItem: z.number().int().positive().max(NEIGHBOURS_PER_ITEM_MAX) }),
  /** Null if too few impressions were logged, or a model trained on them is no better than the prior. */
  ranking: RankingPart.nullable(),
  data: z.object({
    snapshot: z.string(),
    from: z.iso.datetime(),
    until: z.iso.datetime(),
    users: z.number().int(),
    interactions: z.number().int(),
    /** The last sequences of the snapshot that was trained on. Releases of earlier versions have none. */
    lastSequences: LastSequences.default([]),
    /**
     * Time of the newest interaction in the pair counts that it was trained on, if any; they include held-out players.
     */
    countedUntil: z.iso.datetime().optional(),
  }),
  metrics: z.object({
    protocol: z.string(),
    candidate: RankingMetrics,
    popularity: RankingMetrics,
    /** The release in use at the time. */
    current: RankingMetrics.nullable(),
    /** The best of the last ten releases, the one in use included, on the same players. */
    best: z.object({ version: z.string(), metrics: RankingMetrics }).nullable(),
  }),
  /**
   * A history, and the trainer's scores after it: an isolate repeats them before it serves the release. By id, so that
   * another order of the vocabulary fails.
   */
  selfTest: z.object({
    history: z.array(z.object({ itemId: z.string(), weight: z.number(), ageDays: z.number() })),
    expected: z.array(z.object({ itemId: z.string(), score: z.number() })),
  }),
  trainSeconds: z.number(),
});
export type ReleaseManifest = z.infer<typeof ReleaseManifest>;

/** A manifest as the edge reads it: a ranking part of an unknown form leaves the rest usable. */
export const ReadManifest = ReleaseManifest.extend({ ranking: z.unknown() });
export type ReadManifest = z.infer<typeof ReadManifest>;

/** The vocabulary as published: its order is the item index of every tensor. */
export const encodeVocabulary = (itemIds: readonly string[]): Uint8Array =>
  new TextEncoder().encode(JSON.stringify(itemIds));

/** A release as the trainer publishes it. */
export interface ReleaseFiles {
  manifest: ReleaseManifest;
  model: Uint8Array;
  vocabulary: Uint8Array;
  neighbours: Uint8Array;
  /** Undefined if the manifest's ranking part is null. */
  ranking?: Uint8Array | undefined;
}

/** Names a release and the exact manifest. */
export const NamedRelease = z.object({ version: z.string(), manifestKey: z.string(), manifestSha256: z.string() });
export type NamedRelease = z.infer<typeof NamedRelease>;

export const ReleasePointer = NamedRelease.extend({
  movedAt: z.iso.datetime(),
  /** An isolate that starts while the release in use is broken serves this one. Pointers before 0.5 have none. */
  previous: NamedRelease.nullable().default(null),
  /** True if only operators move the pointer: later trainings publish their files and leave it alone. */
  pinned: z.boolean().default(false),
});
export type ReleasePointer = z.infer<typeof ReleasePointer>;

/** A manifest for people: without files and self-tests. */
export const ReleaseSummary = ReleaseManifest.pick({
  algorithm: true,
  parameters: true,
  createdAt: true,
  items: true,
  data: true,
  metrics: true,
  trainSeconds: true,
})
  .extend({
    modelBytes: z.number().int(),
    ranking: RankingPart.shape.metrics.nullable().meta({ description: 'Metrics of the ranking model, if it has one.' }),
  })
  .meta({ id: 'ReleaseSummary' });
export type ReleaseSummary = z.infer<typeof ReleaseSummary>;

export const ListedRelease = z
  .object({
    version: z.string(),
    failure: z.string().nullable().meta({ description: 'Why it cannot be used; null if no fault is known.' }),
    summary: ReleaseSummary.nullable().meta({ description: 'Null if the manifest cannot be read.' }),
  })
  .meta({ id: 'Release' });
export type ListedRelease = z.infer<typeof ListedRelease>;

/**
 * Each takes one request to R2, or two where RELEASE_KEYS asks for its signature; with the pointer, the list and the
 * caller's key, that is below the 50 subrequests of the free plan.
 */
export const RELEASES_PAGE_MAX = 20;

/** The largest difference allowed between two engines, relative to the largest score of the answer. */
export const PARITY_TOLERANCE = 1e-4;
