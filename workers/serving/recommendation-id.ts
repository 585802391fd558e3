// The id of an answer. It carries the moment for which the answer was computed, so that a later page of a list can be
// computed for the same moment, and nothing has to be stored for pages that nobody requests.

/** A state of a player's object. */
export interface Moment {
  /** Row number of the last event that the object had stored. */
  row: number;
  /** By the clock of the object, epoch milliseconds. */
  at: number;
}

/** Time for which a list can be continued: later, the catalogue, statistics and models have changed. */
const CONTINUED_MS_MAX = 24 * 3_600_000;
const TIME_DIGITS = 12;
const ROW_DIGITS = 8;

/**
 * A UUID of version 8 (RFC 9562): 48 bits of time, 42 random bits, 32 bits of the row number. Version 4 if the state
 * is unknown.
 */
export function createRecommendationId(moment: Moment | undefined): string {
  const random = crypto.randomUUID();
  if (moment === undefined) return random;
  const time = moment.at.toString(16).padStart(TIME_DIGITS, '0');
  const row = moment.row.toString(16).padStart(ROW_DIGITS, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-8${random.slice(15, 28)}${row}`;
}

const MOMENT = /^([0-9a-f]{8})-([0-9a-f]{4})-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{4}([0-9a-f]{8})$/;

/** Undefined for an id without a moment, or with one that is too old. `now`: epoch milliseconds. */
export function readMoment(recommendationId: string | undefined, now: number): Moment | undefined {
  const [, high, low, row] = MOMENT.exec(recommendationId ?? '') ?? [];
  const at = Math.min(now, Number.parseInt(`${high}${low}`, 16));
  return now - at <= CONTINUED_MS_MAX ? { row: Number.parseInt(row!, 16), at } : undefined;
}
