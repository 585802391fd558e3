// The interface of algorithms and their models, and the vocabulary they share. release/algorithms.ts lists the
// algorithms.

import { createHash } from 'node:crypto';
import type { Item } from '../contracts/item.ts';
import type { NeighbourTables } from '../contracts/neighbours.ts';
import {
  encodeVocabulary,
  HISTORY_LENGTH,
  RELEASE_SCHEMA,
  type ReleaseManifest,
  SIGNATURE,
} from '../contracts/release.ts';
import type { Interactions } from '../data/interactions.ts';
import type { CountsByAlgorithm } from '../data/pair-counts.ts';
import type { EvaluationCase } from '../evaluation/cases.ts';
import { GraphBuilder } from '../onnx/graph.ts';
import type { EncodedModel } from '../onnx/model.ts';
import type { Device } from '../onnx/session.ts';

/** Names of the three inputs of the signature (models/contracts/release.ts), inside a graph under construction. */
export interface HistoryTensors {
  items: string;
  weights: string;
  ages: string;
}

/** A trained model that can add itself to an ONNX graph. */
export interface RetrievalModel {
  algorithm: string;
  parameters: ReleaseManifest['parameters'];
  /** The vocabulary: an item's index here is its index in the tensors. */
  itemIds: readonly string[];
  /** Adds the model to a graph; returns the name of its scores: float32 [batch, items], 0 or more, higher is better. */
  addTo(graph: GraphBuilder, history: HistoryTensors): string;
  /** Item similarities, in whichever form the model has; the release's neighbours are derived from them. */
  neighbours?: NeighbourTables;
  itemVectors?: ItemVectors;
}

/** Items as vectors; the smaller the angle between two, the more similar they are. */
export interface ItemVectors {
  /** [items, width] */
  data: Float32Array;
  width: number;
}

/** Everything that an algorithm may train on. */
export interface TrainingData {
  interactions: Interactions;
  /** Shared by all algorithms, so that their models can be blended and compared. */
  vocabulary: Vocabulary;
  /** Items by id; empty without a catalogue. */
  catalogue: ReadonlyMap<string, Item>;
  /** The cases of the validation split, for algorithms that fit a few parameters on them. */
  validation: readonly EvaluationCase[];
  /** The best model of each algorithm trained so far. */
  baseModels: readonly RetrievalModel[];
  /** Pairs counted elsewhere, over more interactions than these. */
  counts?: CountsByAlgorithm | undefined;
}

export interface TrainingContext {
  /** NDCG@10 on the validation split; 0 for a model that has diverged. The best model validated so far is kept. */
  validate(model: RetrievalModel): Promise<number>;
  /** The same seed gives the same model, unless the time limit decides how many steps are made. */
  seed: number;
  /** Milliseconds left for this algorithm; work that would take longer must not be started. */
  timeLeft(): number;
  /** The device that computes gradients. */
  device: Device;
  /** Aborted to end training early: the algorithm returns at its next step. */
  signal: AbortSignal;
  /** `share`: completed share of the step, 0–1. */
  onProgress(step: string, share?: number): void;
  /** Reports the reason for having no model; the text continues a sentence. */
  explain(reason: string): void;
  /** Stores what an interrupted training needs to resume. */
  checkpoints: Checkpoints;
}

export interface Checkpoints {
  read(name: string): Uint8Array | undefined;
  /** Overwrites an earlier checkpoint of that name. */
  write(name: string, bytes: Uint8Array): void;
}

/**
 * Trains models and validates each: one per set of hyper-parameters or per checkpoint, the most promising first.
 * Returns nothing: the caller keeps the best validated model, even if the algorithm ends early or throws.
 */
export type Algorithm = (data: TrainingData, context: TrainingContext) => Promise<void>;

/**
 * Encodes the model as an ONNX file with the retrieval signature. Its metadata are the reproducible facts of the
 * release manifest: no time, no measurement, no digest of the file itself.
 */
export function encodeRetrievalModel(model: RetrievalModel): EncodedModel {
  const graph = new GraphBuilder(model.algorithm);
  const shape = ['batch', HISTORY_LENGTH] as const;
  const history = {
    items: graph.input('items', 'int32', shape),
    weights: graph.input('weights', 'float32', shape),
    ages: graph.input('ages', 'float32', shape),
  };
  const scores = model.addTo(graph.scope(model.algorithm), history);
  graph.node(SIGNATURE.output, 'Identity', [scores]);
  graph.output(SIGNATURE.output, 'float32', ['batch', model.itemIds.length]);
  return graph.encode({
    algorithm: model.algorithm,
    parameters: JSON.stringify(model.parameters),
    signature: JSON.stringify(SIGNATURE),
    schema: String(RELEASE_SCHEMA),
    items: String(model.itemIds.length),
    'vocabulary.sha256': createHash('sha256').update(encodeVocabulary(model.itemIds)).digest('hex'),
  });
}

export interface Vocabulary {
  itemIds: string[];
  /** Item index in the vocabulary by item index in `Interactions.itemIds`; −1 for items outside the vocabulary. */
  indices: Int32Array;
  /** Number of players who interacted with the item, by item index; 0 for items that are only in the catalogue. */
  counts: Int32Array;
}

/**
 * Lists items with interactions, those with the most players first, then the catalogue's other items, so that content
 * can recommend new games; at most `itemsMax` in total.
 */
export function buildVocabulary(
  { itemIds, items, starts, ends }: Interactions,
  itemsMax: number,
  catalogueIds: Iterable<string> = [],
): Vocabulary {
  const players = new Int32Array(itemIds.length);
  starts.forEach((start, user) => {
    for (let row = start; row < ends[user]!; row++) players[items[row]!]!++;
  });
  const kept = Array.from(players.keys())
    .filter((item) => players[item]! > 0)
    .sort((a, b) => players[b]! - players[a]! || a - b)
    .slice(0, itemsMax);
  const indices = new Int32Array(itemIds.length).fill(-1);
  kept.forEach((item, index) => {
    indices[item] = index;
  });
  const vocabulary = new Set(kept.map((item) => itemIds[item]!));
  for (const itemId of catalogueIds) if (vocabulary.size < itemsMax) vocabulary.add(itemId);
  const counts = new Int32Array(vocabulary.size);
  kept.forEach((item, index) => {
    counts[index] = players[item]!;
  });
  return { itemIds: [...vocabulary], indices, counts };
}
