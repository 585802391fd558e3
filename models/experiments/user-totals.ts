// The totals of one player of an experiment: answers and events since the first exposure, and events of the days
// before. From them come the terms of every metric.

import type { EventType } from '../contracts/event.ts';
import type { Exposure, Metric } from '../contracts/experiment.ts';
import { EVENT_TOTALS, type EventTotal, METRIC_TERMS } from './metric-terms.ts';
import type { UserTerms } from './moments.ts';

export type EventTotals = Readonly<Record<EventTotal, number>>;

/** A player of an experiment. */
export interface UserTotals {
  variant: string;
  /** The first exposure to this variant, epoch milliseconds. */
  exposedAt: number;
  /** True if the player had no history then. */
  isNewUser: boolean;
  answers: number;
  empty: number;
  degraded: number;
  failed: number;
  elapsedMs: number;
  after: EventTotals;
  /** Those of BEFORE_DAYS before the first exposure. */
  before: EventTotals;
  /** Clicks on interleaved games since the exposure, by the variant that put the game into the row. */
  credits: Readonly<Record<string, number>>;
}

/** Days before the first exposure whose events reduce the variance of a metric. */
export const BEFORE_DAYS = 14;
/**
 * An event that was received after the exposure but happened longer before it than a clock is wrong was imported, or
 * kept by a client: the variant has not caused it.
 */
export const CLOCK_ERROR_MS = 86_400_000;
/** A player's total counts up to this, so that one bot cannot decide an experiment. */
const TOTAL_MAX = 2_000;

export const NO_EVENTS = Object.fromEntries(EVENT_TOTALS.map((total) => [total, 0])) as EventTotals;

/** A retraction takes back the act before it. */
const COUNTED: Partial<Record<EventType, readonly [total: EventTotal, sign: 1 | -1]>> = {
  impression: ['impressions', 1],
  click: ['clicks', 1],
  play: ['plays', 1],
  like: ['likes', 1],
  unlike: ['likes', -1],
  purchase: ['purchases', 1],
  refund: ['purchases', -1],
  dismiss: ['dismissals', 1],
  undismiss: ['dismissals', -1],
};
/** The types of events that count. */
export const COUNTED_TYPES = Object.keys(COUNTED) as EventType[];

/** `value`: of a play, its minutes; of several plays, their sum. */
export function addEvent(
  totals: EventTotals,
  { type, value, count = 1 }: { type: EventType; value: number | null; count?: number },
): EventTotals {
  const counted = COUNTED[type];
  if (counted === undefined) return totals;
  const [total, sign] = counted;
  const added = { ...totals, [total]: totals[total] + sign * count };
  return type === 'play' ? { ...added, playMinutes: totals.playMinutes + (value ?? 0) } : added;
}

/** True if the event may be an effect of the exposure. All times: epoch milliseconds. */
export const isAfter = (exposedAt: number, { receivedAt, timestamp }: Record<'receivedAt' | 'timestamp', number>) =>
  receivedAt >= exposedAt && timestamp >= exposedAt - CLOCK_ERROR_MS;

type FirstExposure = Pick<Exposure, 'variant' | 'at' | 'isNewUser'>;

/** A player without an answer yet. */
export const startUser = (
  { variant, at, isNewUser }: FirstExposure,
  before: EventTotals,
  after = NO_EVENTS,
): UserTotals => ({
  variant,
  exposedAt: at,
  isNewUser,
  answers: 0,
  empty: 0,
  degraded: 0,
  failed: 0,
  elapsedMs: 0,
  after,
  before,
  credits: {},
});

/**
 * Adds an answer. A player who now sees another variant, because the shares have changed, starts anew in it, with the
 * same days before.
 */
export function addExposure(user: UserTotals, exposure: Exposure): UserTotals {
  const from = exposure.variant === user.variant ? user : startUser({ ...user, ...exposure }, user.before);
  return {
    ...from,
    answers: from.answers + 1,
    empty: from.empty + Number(exposure.isEmpty),
    degraded: from.degraded + Number(exposure.degraded),
    failed: from.failed + Number(exposure.failed),
    elapsedMs: from.elapsedMs + exposure.elapsedMs,
  };
}

/** Adds a click on an interleaved game to the credit of a variant. */
export function addCredit(user: UserTotals, variant: string): UserTotals {
  const credit = Object.hasOwn(user.credits, variant) ? user.credits[variant]! : 0;
  return { ...user, credits: { ...user.credits, [variant]: credit + 1 } };
}

/** A player's answers, as far as they count. */
export const countAnswers = ({ answers }: UserTotals): number => Math.min(TOTAL_MAX, answers);

/**
 * A player's terms of a metric. A rate stays what it is if there are more impressions or answers than count: the
 * numerator shrinks with them.
 */
export function readTerms(user: UserTotals, metric: Metric): UserTerms {
  const terms = METRIC_TERMS[metric];
  if (!terms.hasBefore) {
    const answers = countAnswers(user);
    return [user.answers === 0 ? 0 : user[terms.numerator] * (answers / user.answers), answers, 0, 0];
  }
  const read = (totals: EventTotals): [number, number] => {
    if (terms.denominator === 'users') return [limit(totals[terms.numerator]), 1];
    const denominator = limit(totals[terms.denominator]);
    const kept = denominator === 0 ? 1 : denominator / totals[terms.denominator];
    return [limit(totals[terms.numerator] * kept), denominator];
  };
  return [...read(user.after), ...read(user.before)];
}

/** Below 0, retractions are of acts that were not counted. */
const limit = (total: number): number => Math.min(TOTAL_MAX, Math.max(0, total));
