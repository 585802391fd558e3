// Metrics and figures of a report in words.

import type { Metric } from '../../../models/contracts/experiment.ts';
import type { UserGroup } from '../../../models/contracts/experiment-report.ts';

type Unit = 'share' | 'count' | 'milliseconds';

const METRIC_WORDS: Readonly<Record<Metric, [name: string, unit: Unit]>> = {
  'click-rate': ['Clicks per impression', 'share'],
  'play-rate': ['Plays per impression', 'share'],
  'like-rate': ['Likes per impression', 'share'],
  'purchase-rate': ['Purchases per impression', 'share'],
  'dismissal-rate': ['Dismissals per impression', 'share'],
  clicks: ['Clicks per player', 'count'],
  plays: ['Plays per player', 'count'],
  purchases: ['Purchases per player', 'count'],
  'play-minutes': ['Minutes played per player', 'count'],
  'empty-rate': ['Share of empty answers', 'share'],
  'fallback-rate': ['Share of answers with a fallback', 'share'],
  'failure-rate': ['Share of answers that failed', 'share'],
  'answer-ms': ['Time of an answer', 'milliseconds'],
};

export const GROUP_WORDS: Readonly<Record<UserGroup, string>> = {
  all: 'All players',
  new: 'New players',
  known: 'Known players',
};

export const nameMetric = (metric: Metric): string => METRIC_WORDS[metric][0];

/** Three significant digits, in the metric's unit; “–” for null. */
export function formatValue(metric: Metric, value: number | null): string {
  if (value === null) return '–';
  const unit = METRIC_WORDS[metric][1];
  const digits = formatDigits(unit === 'share' ? 100 * value : value);
  return unit === 'share' ? `${digits}%` : unit === 'milliseconds' ? `${digits} ms` : digits;
}

/** The same with its sign. */
export const formatDifference = (metric: Metric, difference: number): string =>
  `${signOf(difference)}${formatValue(metric, Math.abs(difference))}`;

/** A difference as a share of the control's value: “+12%”. Null where the control has 0. */
export const formatRelative = (difference: number, control: number): string | null =>
  control === 0 ? null : formatPercent(difference / control);

/** A signed share: “−3.4%”. */
export const formatPercent = (share: number): string => `${signOf(share)}${formatDigits(Math.abs(100 * share))}%`;

/** A whole number, in groups of three digits. */
export const formatCount = (count: number): string => Math.round(count).toLocaleString('en');

/** The same of an estimate, to two digits. */
export const formatEstimate = (count: number): string => formatCount(Number(count.toPrecision(2)));

export function formatPValue(pValue: number): string {
  if (pValue < 1e-6) return 'p < 0.000001';
  return `p = ${Number(pValue.toPrecision(2))}`;
}

const signOf = (value: number) => (value > 0 ? '+' : value < 0 ? '−' : '');

const formatDigits = (value: number) => Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
