// Which event counts in which metric of actions, and where an item stood on its page.

import type { EventType } from './event.ts';
import { NO_LABEL, OTHER_LABEL, type SystemMetric } from './system-metrics.ts';

export const ACTION_METRICS = {
  impression: 'impressions',
  click: 'clicks',
  play: 'plays',
  like: 'likes',
  purchase: 'purchases',
  dismiss: 'dismissals',
} as const satisfies Partial<Record<EventType, SystemMetric>>;
export type ActionType = keyof typeof ACTION_METRICS;
export const ACTION_TYPES = Object.keys(ACTION_METRICS) as ActionType[];

/** Columns from this one on count together. */
const COLUMNS_MAX = 12;

/** A page's rows: kind and first position of each, in order. */
export type RowStarts = readonly (readonly [kind: string, position: number])[];

/** The kind of the row, and the column in it, of a position on a page; both none if either is not known. */
export function locate(position: number | null, rows: RowStarts): { row: string; position: string } {
  const row = position === null || position < 0 ? undefined : rows.findLast(([, first]) => first <= position);
  if (row === undefined) return { row: NO_LABEL, position: NO_LABEL };
  const column = position! - row[1];
  return { row: row[0], position: column < COLUMNS_MAX ? String(column) : `${COLUMNS_MAX}+` };
}

/** Values of a label in an hour that are told apart; the rest count together. */
export const LABEL_VALUES_MAX: Readonly<Record<string, number>> = {
  release: 10,
  variant: 60,
  country: 60,
  platform: 20,
};

/**
 * Chooses the values of a label that are told apart: those that already are, then the most frequent new ones. Returns a
 * function that maps a value to the one to count it under.
 */
export function capValues(
  known: ReadonlySet<string>,
  frequencies: ReadonlyMap<string, number>,
  max: number,
): (value: string) => string {
  const kept = new Set([...known].filter((value) => value !== OTHER_LABEL));
  const byFrequency = [...frequencies].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  for (const [value] of byFrequency) if (kept.size < max) kept.add(value);
  return (value) => (kept.has(value) ? value : OTHER_LABEL);
}
