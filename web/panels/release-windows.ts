// The windows of release dates that the settings offer. The preferences store a window as dates, which do not move with
// time: a window is found again by the dates nearest to them.

import type { Preferences } from '../../models/contracts/preferences.ts';

type ReleaseDates = Pick<Preferences, 'releasedFrom' | 'releasedUntil'>;

export interface ReleaseWindow {
  name: string;
  /** Years before today; null without a limit. */
  from: number | null;
  until: number | null;
}

export const RELEASE_WINDOWS: readonly ReleaseWindow[] = [
  { name: 'Any year', from: null, until: null },
  { name: 'Last 2 years', from: 2, until: null },
  { name: 'Last 5 years', from: 5, until: null },
  { name: 'Older', from: null, until: 5 },
];

const YEAR_MS = 365.25 * 24 * 3_600_000;
/** Dates further from a window's have been chosen elsewhere, or too long ago to mean the window still. */
const DISTANCE_MAX_MS = YEAR_MS;

/** `now`: epoch milliseconds. */
export const toReleaseDates = ({ from, until }: ReleaseWindow, now: number): ReleaseDates => ({
  releasedFrom: subtractYears(from, now),
  releasedUntil: subtractYears(until, now),
});

/** Undefined if the dates are near no window. `now`: epoch milliseconds. */
export const findReleaseWindow = (stored: ReleaseDates, now: number): ReleaseWindow | undefined =>
  RELEASE_WINDOWS.find((window) => {
    const dates = toReleaseDates(window, now);
    return isNear(dates.releasedFrom, stored.releasedFrom) && isNear(dates.releasedUntil, stored.releasedUntil);
  });

const subtractYears = (years: number | null, now: number): string | null =>
  years === null ? null : new Date(now - years * YEAR_MS).toISOString().slice(0, 10);

const isNear = (a: string | null, b: string | null): boolean =>
  a === null || b === null ? a === b : Math.abs(Date.parse(a) - Date.parse(b)) <= DISTANCE_MAX_MS;
