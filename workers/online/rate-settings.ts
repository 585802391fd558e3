// The rate limits that wrangler.toml sets, checked whenever one is needed. A wrong setting raises an alert and the
// default applies, since a mistake in a limit must not stop the store.

import { RATE_PER_MINUTE_MAX } from '../../models/contracts/key.ts';
import { logError } from '../logging/log.ts';

const UNLIMITED = 'unlimited';

export type RateVars = Pick<
  Env,
  | 'PLAYER_REQUESTS_PER_MINUTE'
  | 'KEY_REQUESTS_PER_MINUTE'
  | 'ADDRESS_REQUESTS_PER_MINUTE'
  | 'GUESTS_PER_MINUTE'
  | 'PERSONAL_DATA_PER_MINUTE'
>;

/** The values in wrangler.toml as delivered. */
const DEFAULTS: Record<keyof RateVars, number> = {
  PLAYER_REQUESTS_PER_MINUTE: 300,
  KEY_REQUESTS_PER_MINUTE: RATE_PER_MINUTE_MAX,
  ADDRESS_REQUESTS_PER_MINUTE: 300,
  GUESTS_PER_MINUTE: 10,
  PERSONAL_DATA_PER_MINUTE: 10,
};

/** Requests a minute, Infinity for no limit. Uses the default for a setting that is missing or out of bounds. */
export function readRate(name: keyof RateVars, vars: Partial<RateVars>): number {
  const text = vars[name];
  if (text === UNLIMITED) return Number.POSITIVE_INFINITY;
  const rate = Number(text);
  if (Number.isInteger(rate) && rate >= 1 && rate <= RATE_PER_MINUTE_MAX) return rate;
  raiseAlert(name, `is “${text ?? ''}”: it must be 1 to ${RATE_PER_MINUTE_MAX}, or “${UNLIMITED}”`);
  return DEFAULTS[name];
}

/** Settings whose alert was raised: nearly every request reads one, but one alert is enough. */
const alerted = new Set<string>();

function raiseAlert(name: keyof RateVars, reason: string): void {
  if (alerted.has(name)) return;
  alerted.add(name);
  const alert = `${name} in wrangler.toml ${reason}; ${DEFAULTS[name]} is in force`;
  logError(alert);
}
