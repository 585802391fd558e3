// SQL that reads a staged event: its time, its type, and the reason why it cannot be taken. The rules are those of
// models/contracts/event.ts; a test compares the two.

import {
  CLOCK_SKEW_MS,
  EVENT_TYPES,
  RATING_MAX,
  RATING_MIN,
  VALUE_MAX,
  VALUE_MEANING,
} from '../../models/contracts/event.ts';
import { TYPE_SYNONYMS } from '../../models/contracts/type-synonyms.ts';
import { quoteText } from '../duckdb/quote.ts';

/** March 1973. Smaller numbers are years, months, days as spreadsheets store them, or row numbers. */
const SECONDS_FROM = 1e8;
/** Epoch times below it are seconds, then milliseconds, microseconds and nanoseconds. */
export const SECONDS_BELOW = 1e11;
export const MICROSECONDS_FROM = 1e14;
export const NANOSECONDS_FROM = 1e17;
/** Forms of a time beside ISO 8601. */
const TIME_FORMATS = [
  '%b %d, %Y',
  '%d %b, %Y',
  '%d %b %Y',
  '%d-%b-%Y',
  '%B %d, %Y',
  '%d %B %Y',
  '%Y/%m/%d',
  '%Y/%m/%d %H:%M:%S',
  '%d.%m.%Y',
  '%d.%m.%Y %H:%M:%S',
  '%d.%m.%Y %H:%M',
];
/** A day, with or without a time, in digits alone. As epoch milliseconds it would be in 1976 or after 2570. */
const DIGIT_TIMES = '(19|20)\\d\\d(0[1-9]|1[0-2])(0[1-9]|[12]\\d|3[01])(([01]\\d|2[0-3])[0-5]\\d([0-5]\\d)?)?';
const DIGIT_TIME_FORMATS = ['%Y%m%d', '%Y%m%d%H%M', '%Y%m%d%H%M%S'];
/** Ids of these characters are valid; for all others models/contracts/id.ts is asked. */
const PLAIN_ID = '[!"$&-.0->@-\\[\\]^-~]{1,128}';
/** A time that cannot be read. */
const NOT_A_TIME = -1;

/** Epoch milliseconds of a text: epoch seconds, milli-, micro- or nanoseconds, ISO 8601, or a common form. */
export const parseTime = (text: string): string => `case
  when ${text} is null then null
  when regexp_full_match(${text}, '${DIGIT_TIMES}') then
    coalesce(epoch_ms(try_strptime(${text}, [${DIGIT_TIME_FORMATS.map(quoteText).join(', ')}])), ${NOT_A_TIME})
  when try_cast(${text} as double) is not null then ${scaleEpoch(`try_cast(${text} as double)`)}
  else coalesce(
    epoch_ms(try_cast(regexp_replace(${text}, '\\s*([+-]\\d\\d):?(\\d\\d)(\\s*UTC)?$', '\\1:\\2') as timestamptz)),
    epoch_ms(try_strptime(trim(${text}), [${TIME_FORMATS.map(quoteText).join(', ')}])),
    ${NOT_A_TIME}) end`;

const scaleEpoch = (number: string): string => `case
  when not ${number} between ${SECONDS_FROM} and 9e18 then ${NOT_A_TIME}
  when ${number} < ${SECONDS_BELOW} then round(${number} * 1000)
  when ${number} < ${MICROSECONDS_FROM} then round(${number})
  when ${number} < ${NANOSECONDS_FROM} then round(${number} / 1e3)
  else round(${number} / 1e6) end::bigint`;

/** Our type for a word of the file; other words stay. `given`: from --types, added to the synonyms. */
export function mapType(text: string, given: Readonly<Record<string, string>>): string {
  const known: Record<string, string> = { ...TYPE_SYNONYMS, ...given };
  const cases = Object.entries(known).map(
    ([from, to]) => `when ${quoteText(from.toLowerCase())} then ${quoteText(to)}`,
  );
  return `case lower(trim(${text})) ${cases.join(' ')} else lower(trim(${text})) end`;
}

/**
 * Texts with which databases and data frames write a missing id. As ids, they would merge all such rows into one
 * player.
 */
const NULLS = ['NULL', 'null', 'NaN', 'nan', 'None', '<NA>', '\\N'];

/** SQL: an id; null if its text means null. */
export const readNull = (id: string): string => `if(${id} in (${listOf(NULLS)}), null, ${id})`;

/** A number; NaN if the text is none. */
export const parseNumber = (text: string): string =>
  `if(${text} is null, null, coalesce(try_cast(${text} as double), 'nan'::double))`;

/** SQL condition: the id needs no closer look. */
export const isPlainId = (id: string): string =>
  `(regexp_full_match(${id}, ${quoteText(PLAIN_ID)}) and ${id} not in ('.', '..'))`;

const NON_NEGATIVE = EVENT_TYPES.filter((type) => type !== 'rate' && VALUE_MEANING[type] !== undefined);
const listOf = (types: readonly string[]) => types.map(quoteText).join(', ');

/** Null for an event that can be taken. `receivedAt`: epoch milliseconds. */
export const explainEvent = (receivedAt: number, isUntimed: boolean): string => `case
  when user_id is null then 'userId: is missing'
  when type is null then 'type: is missing'
  when type not in (${listOf(EVENT_TYPES)}) then
    if(length(type) > 40, 'type: is not known',
      'type: “' || type || '” is not known; --types ' || type || '=… names ours')
  when item_id is null and type not in ('search', 'reset') then 'itemId: is missing'
  when item_id is not null and type = 'reset' then 'itemId: must be absent for reset'
  ${
    isUntimed
      ? ''
      : `when time is null then 'timestamp: is missing'
  when time <= 0 then 'timestamp: is not a time'
  when time > ${receivedAt + CLOCK_SKEW_MS} then 'timestamp: is in the future'`
  }
  when isnan(value) then 'value: is not a number'
  when abs(value) > ${VALUE_MAX} then 'value: is too large'
  when type = 'rate' and value is null then 'value: is required for rate'
  when type = 'rate' and not value between ${RATING_MIN} and ${RATING_MAX} then
    'value: must be a rating of ${RATING_MIN}–${RATING_MAX}'
  when type in (${listOf(NON_NEGATIVE)}) and value < 0 then 'value: must be 0 or more for ' || type
  end`;
