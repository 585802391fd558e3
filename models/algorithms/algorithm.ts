// The interface of an algorithm and of its models, and the vocabulary that all share. release/algorithms.ts lists them.

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
  /** Item similarities, in the form that the model has them: the release's neighbours are made from them. */
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
  /** By item id; empty where nothing is known of the items. */
  catalogue: ReadonlyMap<string, Item>;
  /** The cases of the validation split, for algorithms that fit a few parameters on them. */
  validation: readonly EvaluationCase[];
  /** The best model of each algorithm that was trained before. */
  baseModels: readonly RetrievalModel[];
}

export interface TrainingContext {
  /** NDCG@10 on the validation split; 0 for a model that has diverged. The best model validated so far is kept. */
  validate(model: RetrievalModel): Promise<number>;
  /** The same seed gives the same model, unless the time decides which steps are made. */
  seed: number;
  /** Milliseconds left to this algorithm; whatever it begins must end within them. */
  timeLeft(): number;
  /** The device that computes gradients. */
  device: Device;
  /** Aborted when the training is to end early: the algorithm returns at its next step. */
  signal: AbortSignal;
  /** `share`: of the step that is done, 0–1. */
  onProgress(step: string, share?: number): void;
  /** Keeps what an interrupted training needs to resume. */
  checkpoints: Checkpoints;
}

export interface Checkpoints {
  read(name: string): Uint8Array | undefined;
  /** Replaces what was there. */
  write(name: string, bytes: Uint8Array): void;
}

/**
 * Trains models and validates each: one for each set of hyper-parameters, or one for each checkpoint, the most
 * promising first. It returns no model: the best one validated is kept, also where the algorithm ends early or throws.
 */
export type Algorithm = (data: TrainingData, context: TrainingContext) => Promise<void>;

/**
 * Encodes the model as an ONNX file of the retrieval signature. Its metadata are those facts of the release's manifest
 * that the same training repeats: no time, no measurement, not the digest of the file itself.
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
  /** Players who interacted with the item, by item index; 0 for items that only the catalogue knows. */
  counts: Int32Array;
}

/**
 * Items with interactions, those of most players first, then the catalogue's other items, so that content can recommend
 * new games: at most `itemsMax` in all.
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
