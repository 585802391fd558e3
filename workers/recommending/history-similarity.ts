// Similarity of many items to a player's history, in one pass over each item's labels.

import { type ItemColumns, NO_DEVELOPER } from '../../models/features/item-columns.ts';
import type { RankingInput } from './ranking-input.ts';

/** An item is compared with this many items of the history; at most 32, a bit of a mask for each. */
const COMPARED_MAX = 20;
/** The same developer counts a little more than any one label. */
export const DEVELOPER_SIMILARITY = 0.2;

/** An item of the history that others are compared with. */
interface Own {
  index: number;
  developer: number;
  weight: number;
  /** The number of its labels. */
  size: number;
}

/**
 * By position in `indexes`: similarity to the most similar item of the history, weighted by the player's engagement
 * with that. Similarity is the Jaccard index of genres and tags, and a little more for the same developer.
 */
export function computeHistorySimilarities(
  indexes: readonly number[],
  { user, catalogue: { columns } }: Pick<RankingInput, 'user' | 'catalogue'>,
): Float64Array {
  const owns = listCompared(user.history, columns);
  const masks = markLabels(owns, columns);
  const similarities = new Float64Array(indexes.length);
  const shared = new Uint8Array(owns.length);
  for (let position = 0; position < indexes.length; position++) {
    countShared(shared, masks, indexes[position]!, columns);
    similarities[position] = findMost(shared, owns, indexes[position]!, columns);
  }
  return similarities;
}

/** By label, a bit for each item of the history that has it. */
function markLabels(owns: readonly Own[], { labels: { cells, platformEnds, ends, table } }: ItemColumns): Uint32Array {
  const masks = new Uint32Array(table.length);
  for (const [own, { index }] of owns.entries())
    for (let cell = platformEnds[index]!; cell < ends[index]!; cell++) masks[cells[cell]!]! |= 1 << own;
  return masks;
}

/** Counts the labels that the item shares with each item of the history. `shared`: zeros at first. */
function countShared(
  shared: Uint8Array,
  masks: Uint32Array,
  index: number,
  { labels: { cells, platformEnds, ends } }: ItemColumns,
): void {
  const end = ends[index]!;
  for (let cell = platformEnds[index]!; cell < end; cell++)
    for (let left = masks[cells[cell]!]! | 0; left !== 0; left &= left - 1) shared[31 - Math.clz32(left & -left)]!++;
}

/** Leaves zeros in `shared`, for the next item: cheaper than filling it. */
function findMost(
  shared: Uint8Array,
  owns: readonly Own[],
  index: number,
  { labels, developers }: ItemColumns,
): number {
  const size = labels.ends[index]! - labels.platformEnds[index]!;
  const developer = developers[index]!;
  let most = 0;
  for (let own = 0; own < owns.length; own++) {
    const both = shared[own]!;
    shared[own] = 0;
    const other = owns[own]!;
    const isSameDeveloper = developer !== NO_DEVELOPER && other.developer === developer;
    if (both === 0 && !isSameDeveloper) continue;
    const jaccard = both === 0 ? 0 : both / (size + other.size - both);
    most = Math.max(most, other.weight * (jaccard + (isSameDeveloper ? DEVELOPER_SIMILARITY : 0)));
  }
  return most;
}

function listCompared(history: RankingInput['user']['history'], columns: ItemColumns): Own[] {
  const { platformEnds, ends } = columns.labels;
  const owns: Own[] = [];
  for (const { itemId, weight } of history) {
    const index = weight > 0 ? columns.find(itemId) : -1;
    if (index < 0) continue;
    const size = ends[index]! - platformEnds[index]!;
    if (owns.push({ index, developer: columns.developers[index]!, weight: Math.min(1, weight), size }) === COMPARED_MAX)
      break;
  }
  return owns;
}
