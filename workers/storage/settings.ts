// Settings in wrangler.toml for retention and counting, checked where they are read.

/** Below it an event could be gone from D1 before its object's outbox has seen it there. */
const HOT_DAYS_MIN = 3;
const HOT_DAYS_MAX = 3_650;
const SLATE_MB_MIN = 1;
const SLATE_MB_MAX = 10_000;

/** Days for which events stay in D1. Throws if the setting is out of bounds. */
export const readHotDays = (text: string): number => readSetting('LOG_HOT_DAYS', text, HOT_DAYS_MIN, HOT_DAYS_MAX);

const KEPT_DAYS_MAX = 36_500;
const SNAPSHOT_DAYS_MAX = 90;
const FOREVER = 'forever';

export type RetentionVars = Pick<Env, 'LOG_HOT_DAYS' | 'LOG_DAYS' | 'SLATE_DAYS' | 'SNAPSHOT_DAYS'>;

/** Days; infinity for what is kept for ever. */
export interface RetentionSettings {
  logDays: number;
  slateDays: number;
  snapshotDays: number;
}

/** Throws if a setting is out of bounds. */
export const readRetention = (vars: RetentionVars): RetentionSettings => ({
  // Events leave D1 for the files, and only then the files.
  logDays: readKeptDays('LOG_DAYS', vars.LOG_DAYS, readHotDays(vars.LOG_HOT_DAYS) + 1),
  slateDays: readKeptDays('SLATE_DAYS', vars.SLATE_DAYS, 1),
  // A training reads its snapshot for hours.
  snapshotDays: readSetting('SNAPSHOT_DAYS', vars.SNAPSHOT_DAYS, 1, SNAPSHOT_DAYS_MAX),
});

const readKeptDays = (name: string, text: string, min: number): number =>
  text === FOREVER ? Number.POSITIVE_INFINITY : readSetting(name, text, min, KEPT_DAYS_MAX);

/** Throws if the setting is out of bounds. */
export const readSlateBytesPerDay = (text: string): number =>
  1e6 * readSetting('SLATE_MB_PER_DAY', text, SLATE_MB_MIN, SLATE_MB_MAX);

const GAMES_PER_DAY_MAX = 1_000_000;

export type CountVars = Pick<Env, 'COUNTED_GAMES_PER_DAY'>;

/** Throws if the setting is out of bounds. */
export const readGamesPerDay = (text: string): number =>
  Math.floor(readSetting('COUNTED_GAMES_PER_DAY', text, 1, GAMES_PER_DAY_MAX));

function readSetting(name: string, text: string, min: number, max: number): number {
  const value = text === '' ? Number.NaN : Number(text);
  if (!(value >= min && value <= max))
    throw new Error(`${name} in wrangler.toml is “${text}”: it must be ${min} to ${max}`);
  return value;
}
