// What every algorithm returns, and the vocabulary that it chooses. Which algorithms there are is not said here.

import type { PlainLayout, ReleaseManifest } from '../contracts/release.ts';
import type { Interactions } from '../training/interactions.ts';

export interface TrainedModel {
  algorithm: string;
  parameters: ReleaseManifest['parameters'];
  /** The vocabulary: an item's place here is its place in the tensors. */
  itemIds: readonly string[];
  /** ONNX file with the signature of models/contracts/release.ts. */
  file: Uint8Array;
}

/** A model that plain TypeScript can score with too, so that it may be published. */
export interface ServableModel extends TrainedModel {
  plain: PlainLayout;
}

export interface Vocabulary {
  itemIds: string[];
  /** Place in the vocabulary by place in the interactions' itemIds; −1 where it is not in it. */
  places: Int32Array;
  /** Players who chose the item, by place in the vocabulary. */
  counts: Int32Array;
}

/** The items that players chose, the most chosen first, at most `itemsMax`. */
export function chooseVocabulary({ itemIds, items, starts, ends }: Interactions, itemsMax: number): Vocabulary {
  const counts = new Int32Array(itemIds.length);
  starts.forEach((start, user) => {
    for (let row = start; row < ends[user]!; row++) counts[items[row]!]!++;
  });
  const chosen = Array.from(counts.keys())
    .filter((item) => counts[item]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .slice(0, itemsMax);
  const places = new Int32Array(itemIds.length).fill(-1);
  chosen.forEach((item, place) => {
    places[item] = place;
  });
  return {
    itemIds: chosen.map((item) => itemIds[item]!),
    places,
    counts: Int32Array.from(chosen, (item) => counts[item]!),
  };
}
