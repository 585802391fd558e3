// Sums over the labels of many items, in one pass over each item's cells: how much of the player's taste they have.

import { LabelMarks } from './label-marks.ts';
import type { RequestFeatures } from './request-features.ts';

/** By candidate. */
export interface LabelSums {
  /** The player's affinity to the item's genres, and to its tags. */
  genres: Float64Array;
  tags: Float64Array;
  /** The mean of the lifts of the item's genres and tags (lift.ts); 0 without any. */
  meanLifts: Float64Array;
  /** Jaccard index of genres and tags with the player's last item; 0 if there is none. */
  last: Float64Array;
}

/** `indexes`: item indexes. */
export function sumLabels(
  indexes: ArrayLike<number>,
  { columns: { labels }, genres, tags, lifts, lastIndex }: RequestFeatures,
): LabelSums {
  const { cells, starts, genreEnds, tagEnds } = labels;
  const { length } = indexes;
  const sums: LabelSums = {
    genres: new Float64Array(length),
    tags: new Float64Array(length),
    meanLifts: new Float64Array(length),
    last: new Float64Array(length),
  };
  const last = lastIndex < 0 ? undefined : new LabelMarks(labels, lastIndex);
  for (let candidate = 0; candidate < length; candidate++) {
    const index = indexes[candidate]!;
    const start = starts[index]!;
    const genreEnd = genreEnds[index]!;
    const end = tagEnds[index]!;
    let ofGenres = 0;
    let ofTags = 0;
    let lift = 0;
    let cell = start;
    for (; cell < genreEnd; cell++) {
      ofGenres += genres[cells[cell]!]!;
      lift += lifts[cells[cell]!]!;
    }
    for (; cell < end; cell++) {
      ofTags += tags[cells[cell]!]!;
      lift += lifts[cells[cell]!]!;
    }
    sums.genres[candidate] = ofGenres;
    sums.tags[candidate] = ofTags;
    sums.meanLifts[candidate] = lift / Math.max(1, end - start);
    if (last !== undefined) sums.last[candidate] = last.computeJaccard(index);
  }
  return sums;
}
