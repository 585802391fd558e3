// The rate limits that wrangler.toml sets, checked where they are read.

import { RATE_PER_MINUTE_MAX } from '../../models/contracts/key.ts';

const UNLIMITED = 'unlimited';

export type RateVars = Pick<
  Env,
  | 'PLAYER_REQUESTS_PER_MINUTE'
  | 'KEY_REQUESTS_PER_MINUTE'
  | 'ADDRESS_REQUESTS_PER_MINUTE'
  | 'GUESTS_PER_MINUTE'
  | 'PERSONAL_DATA_PER_MINUTE'
>;

/** Requests a minute; infinity for no limit. */
export interface RateSettings {
  player: number;
  /** For keys that have no limit of their own. */
  key: number;
  address: number;
  guests: number;
  personalData: number;
}

/** Throws if a setting is out of bounds. */
export const readRateSettings = (vars: RateVars): RateSettings => ({
  player: readRate('PLAYER_REQUESTS_PER_MINUTE', vars),
  key: readRate('KEY_REQUESTS_PER_MINUTE', vars),
  address: readRate('ADDRESS_REQUESTS_PER_MINUTE', vars),
  guests: readRate('GUESTS_PER_MINUTE', vars),
  personalData: readRate('PERSONAL_DATA_PER_MINUTE', vars),
});

function readRate(name: keyof RateVars, vars: RateVars): number {
  const text = vars[name];
  if (text === UNLIMITED) return Number.POSITIVE_INFINITY;
  const rate = Number(text);
  if (Number.isInteger(rate) && rate >= 1 && rate <= RATE_PER_MINUTE_MAX) return rate;
  throw new Error(`${name} in wrangler.toml is “${text}”: it must be 1 to ${RATE_PER_MINUTE_MAX}, or “${UNLIMITED}”`);
}
