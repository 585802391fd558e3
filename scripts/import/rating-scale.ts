// The scale of a file's ratings, and how it becomes ours. A scale that the ratings do not show is asked for: a wrong
// one would make disliked games liked.

import { RATING_MAX, RATING_MIN } from '../../models/contracts/event.ts';

export interface RatingScale {
  min: number;
  max: number;
}

/** Our own, and those that are told by their largest rating. */
const OWN: RatingScale = { min: RATING_MIN, max: RATING_MAX };
const KNOWN: readonly RatingScale[] = [
  { min: 1, max: 10 },
  { min: 1, max: 100 },
];

/** `observed`: the smallest and largest rating; undefined if there are none. Throws if the scale is unclear. */
export function findScale(observed: RatingScale | undefined): RatingScale {
  if (observed === undefined || (observed.min >= OWN.min && observed.max <= OWN.max)) return OWN;
  const known = KNOWN.find(({ min, max }) => observed.max === max && observed.min >= Math.min(min, OWN.min));
  if (known !== undefined) return known;
  throw new Error(
    `the ratings go from ${observed.min} to ${observed.max}: give their scale with --rating-scale MIN-MAX, such as ` +
      '1-10. Ratings outside it are skipped',
  );
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
