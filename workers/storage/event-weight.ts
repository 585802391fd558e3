// The weight of an event (models/features/weights.ts) as an SQL expression over a row of `events`, so that D1 sums the
// weights instead of the Worker. A test compares the two.

import { EVENT_WEIGHTS, LONG_PLAY_MINUTES, RATING_HALF_RANGE, RATING_MIDDLE } from '../../models/features/weights.ts';

const { play, rate: _, ...constant } = EVENT_WEIGHTS;

export const EVENT_WEIGHT = `case type
  when 'rate' then (coalesce(value, ${RATING_MIDDLE}) - ${RATING_MIDDLE}) / ${RATING_HALF_RANGE}
  when 'play' then ${play} + ${1 - play} * min(1, ln(1 + coalesce(value, 0)) / ln(${1 + LONG_PLAY_MINUTES}))
  ${Object.entries(constant)
    .map(([type, weight]) => `when '${type}' then ${weight}`)
    .join(' ')}
end`;
