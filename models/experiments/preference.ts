// Which of two interleaved rankings users prefer: a paired test of their clicks and a sign test, over users. Both may
// be read at any time. No credit is assigned here.

import { ALPHA, computePValue, computeWidth, USERS_MIN } from './confidence-sequence.ts';
import { estimateMoreUsers } from './power.ts';

/** The number of clicks at which the interval is to be as short as possible. */
const INTENDED_CLICKS = 500;

/**
 * Sums over users with at least one click on an interleaved row. A user's preference is the clicks of the variant's
 * picks, less those of the control's, as a share of both: between −1 and 1, so nobody weighs more by clicking more.
 */
export interface PreferenceMoments {
  users: number;
  clicks: number;
  /** Sums of the preferences, and of their squares. */
  sum: number;
  squares: number;
  /** Users with a preference above 0, and below. */
  wins: number;
  losses: number;
}

export interface Preference {
  preference: number;
  interval: [low: number, high: number] | null;
  isSignificant: boolean;
  signPValue: number;
  moreUsersNeeded: number | null;
}

export const EMPTY_PREFERENCES: PreferenceMoments = { users: 0, clicks: 0, sum: 0, squares: 0, wins: 0, losses: 0 };

/** Sums of one user's clicks, at least one. */
export function preferencesOfUser(clicksOfControl: number, clicksOfVariant: number): PreferenceMoments {
  const clicks = clicksOfControl + clicksOfVariant;
  const preference = (clicksOfVariant - clicksOfControl) / clicks;
  return {
    users: 1,
    clicks,
    sum: preference,
    squares: preference ** 2,
    wins: preference > 0 ? 1 : 0,
    losses: preference < 0 ? 1 : 0,
  };
}

/** Sums of disjoint groups of users together. */
export const addPreferences = (a: PreferenceMoments, b: PreferenceMoments): PreferenceMoments => ({
  users: a.users + b.users,
  clicks: a.clicks + b.clicks,
  sum: a.sum + b.sum,
  squares: a.squares + b.squares,
  wins: a.wins + b.wins,
  losses: a.losses + b.losses,
});

/** Estimates the mean preference; the interval is null with fewer than 30 users. */
export function estimatePreference(moments: PreferenceMoments): Preference {
  const { users, clicks, sum, squares, wins, losses } = moments;
  const value = users === 0 ? 0 : sum / users;
  const decided = wins + losses;
  const sign = decided === 0 ? 0 : (wins - losses) / Math.sqrt(decided);
  // Doubled: as clicks add up, a user's sign flips more often than a mean of clicks moves.
  const signPValue = Math.min(1, 2 * computePValue(sign, clicks, INTENDED_CLICKS));
  if (users < USERS_MIN)
    return { preference: value, interval: null, isSignificant: false, signPValue, moreUsersNeeded: null };
  const standardError = Math.sqrt(Math.max(0, squares - sum * value) / (users - 1) / users);
  const width = standardError * computeWidth(clicks, INTENDED_CLICKS, ALPHA);
  return {
    preference: value,
    interval: [value - width, value + width],
    isSignificant: Math.abs(value) > width,
    signPValue,
    moreUsersNeeded: estimateMoreUsers({ value, standardError, clock: clicks }, users, INTENDED_CLICKS, ALPHA),
  };
}
