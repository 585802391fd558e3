// Finds the scale of a file's ratings, and converts ratings to ours. The user must give a scale that the ratings do not
// show: a wrong one would make disliked games liked.

import { RATING_MAX, RATING_MIN } from '../../models/contracts/event.ts';

export interface RatingScale {
  min: number;
  max: number;
}

/** Evidence of the scale in the ratings of a source. */
export interface ObservedRatings extends RatingScale {
  count: number;
  /** Number of ratings above our own scale. */
  above: number;
}

/** Our own scale, and those recognised by their largest rating. */
const OWN: RatingScale = { min: RATING_MIN, max: RATING_MAX };
const KNOWN: readonly RatingScale[] = [
  { min: 1, max: 10 },
  { min: 1, max: 100 },
];

/** A few stray ratings do not prove a larger scale. */
const ABOVE_SHARE_MIN = 0.01;
/** Ratings of 1–3, or of 1 alone, may be flags or thumbs; in our scale they would all be dislikes. */
const OWN_LARGEST_MIN = 4;

/**
 * `observed`: undefined if there are no ratings. `isFiveStars`: the scale is known to be ours. Throws if it is unclear.
 */
export function findScale(observed: ObservedRatings | undefined, isFiveStars: boolean): RatingScale {
  if (observed === undefined) return OWN;
  const isOwn = observed.min >= OWN.min && observed.max <= OWN.max;
  if (isOwn && (isFiveStars || observed.max >= OWN_LARGEST_MIN)) return OWN;
  const known = KNOWN.find(({ min, max }) => observed.max === max && observed.min >= Math.min(min, OWN.min));
  if (known !== undefined && observed.above >= ABOVE_SHARE_MIN * observed.count) return known;
  throw new Error(`${describeObserved(observed)}: give their scale with --rating-scale MIN-MAX, such as ${SUGGESTED}`);
}

const SUGGESTED = '1-5 or 1-10. Ratings outside it are skipped';

function describeObserved({ min, max, count, above }: ObservedRatings): string {
  const range = min === max ? `the ratings are all ${min}` : `the ratings go from ${min} to ${max}`;
  const isFew = above > 0 && above < ABOVE_SHARE_MIN * count;
  return isFew ? `${range}, of which ${above} of ${count.toLocaleString('en')} are above ${OWN.max}` : range;
}

/**
 * SQL: a rating in our scale. The largest becomes 5, and 0, or a negative smallest, 0; nothing becomes less than 0.5.
 * Null stays null; a rating outside its scale becomes 0, which no rating is.
 */
export function scaleRating(rating: string, { min, max }: RatingScale): string {
  if (min === OWN.min && max === OWN.max) return rating;
  const zero = Math.min(min, 0);
  const scaled = `greatest(${OWN.min}, ${OWN.max} * (${rating} - (${zero})) / ${max - zero})`;
  return `case when isnan(${rating}) then ${rating} when ${rating} between ${min} and ${max} then ${scaled}
    when ${rating} is not null then 0 end`;
}
