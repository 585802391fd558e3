// What an algorithm is, what it returns, and the vocabulary that all share. Which algorithms there are is not said here.

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

/** A trained model: whatever it learnt, it can say it as a part of an ONNX graph. */
export interface RetrievalModel {
  algorithm: string;
  parameters: ReleaseManifest['parameters'];
  /** The vocabulary: an item's place here is its place in the tensors. */
  itemIds: readonly string[];
  /** Adds the model to a graph; returns the name of its scores, float32 [batch, items], 0 or more, the higher the better. */
  addTo(graph: GraphBuilder, history: HistoryTensors): string;
  /** What it says of two items alone, in whichever form it knows it: the release's neighbours come from here. */
  neighbours?: NeighbourTables;
  itemVectors?: ItemVectors;
}

/** Items as points: alike where the angle between them is small. */
export interface ItemVectors {
  /** [items, width] */
  data: Float32Array;
  width: number;
}

/** What an algorithm may learn from. */
export interface TrainingData {
  interactions: Interactions;
  /** Shared by all, so that models can be blended and compared. */
  vocabulary: Vocabulary;
  /** By item id; empty where nothing is known of the items. */
  catalogue: ReadonlyMap<string, Item>;
  /** Questions of the validation split: for what is fitted rather than trained, by few parameters. */
  validation: readonly EvaluationCase[];
  /** The best model of each algorithm that was trained before. */
  baseModels: readonly RetrievalModel[];
}

export interface TrainingContext {
  /** The same seed gives the same model where time sets no limit: what is begun, and how many steps are made, is its choice. */
  seed: number;
  /** Milliseconds left to this algorithm; what it begins must end within them. */
  timeLeft(): number;
  /** Where what learns by gradient computes. */
  device: Device;
  /** Aborted when the training is to end early: the algorithm returns at its next step. */
  signal: AbortSignal;
  /** `share`: of the step that is done, 0–1. */
  onProgress(step: string, share?: number): void;
  /** Where a long training keeps what it needs to go on after it was cut short. */
  checkpoints: Checkpoints;
}

export interface Checkpoints {
  read(name: string): Uint8Array | undefined;
  /** Replaces what was there. */
  write(name: string, bytes: Uint8Array): void;
}

/**
 * An algorithm proposes models, one for each choice of hyper-parameters or for each checkpoint, the most promising
 * first, and learns of each its NDCG@10 on the validation split. The best proposal is kept: an algorithm need not return
 * one, and may be stopped after any.
 */
export type Algorithm = (data: TrainingData, context: TrainingContext) => AsyncGenerator<RetrievalModel, void, number>;

/**
 * The model as a file of the retrieval signature. Its metadata are what a release's manifest says of the model and the
 * same training says again: no time, no measurement, not the digest of the file itself.
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
  /** Place in the vocabulary by place in the interactions’ itemIds; −1 where it is not in it or was not chosen. */
  indices: Int32Array;
  /** Players who chose the item, by place in the vocabulary; 0 where the catalogue alone knows it. */
  counts: Int32Array;
}

/**
 * The items that players chose, the most chosen first, and after them those of the catalogue that nobody chose: at most
 * `itemsMax` in all. The catalogue's new games must be known if their content is to recommend them.
 */
export function buildVocabulary(
  { itemIds, items, starts, ends }: Interactions,
  itemsMax: number,
  catalogueIds: Iterable<string> = [],
): Vocabulary {
  const choices = new Int32Array(itemIds.length);
  starts.forEach((start, user) => {
    for (let row = start; row < ends[user]!; row++) choices[items[row]!]!++;
  });
  const chosen = Array.from(choices.keys())
    .filter((item) => choices[item]! > 0)
    .sort((a, b) => choices[b]! - choices[a]! || a - b)
    .slice(0, itemsMax);
  const places = new Int32Array(itemIds.length).fill(-1);
  chosen.forEach((item, place) => {
    places[item] = place;
  });
  const vocabulary = new Set(chosen.map((item) => itemIds[item]!));
  for (const itemId of catalogueIds) if (vocabulary.size < itemsMax) vocabulary.add(itemId);
  const counts = new Int32Array(vocabulary.size);
  chosen.forEach((item, place) => {
    counts[place] = choices[item]!;
  });
  return { itemIds: [...vocabulary], indices: places, counts };
}
