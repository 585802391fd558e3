// An alert in a sentence, for notifications and the log.

import type { AlertMeasure } from '../../models/contracts/alert.ts';
import type { StoredAlert } from '../storage/alerts.ts';

const count = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 0 });
const share = (value: number): string => `${(100 * value).toPrecision(3).replace(/\.?0+$/, '')}%`;

/** The measure's name as a sentence begins, and its value with its unit. */
const TEXTS: Record<AlertMeasure, [name: string, format: (value: number) => string]> = {
  'unlogged-events': ['Accepted events missing from the log', count],
  'unlogged-age': ['Age of the oldest accepted event missing from the log', (value) => `${count(value)} seconds`],
  'dead-letters': ['Dead letters', count],
  'failed-jobs': ['Jobs whose last run failed', count],
  'late-jobs': ['Jobs that are late', count],
  'fallback-share': ['Answers in which a step fell back', share],
  'error-share': ['Requests answered with 5xx', share],
  'empty-share': ['Answers without any game', share],
  'release-age': ['Age of the release in use', (value) => `${count(value)} hours`],
  'click-fall': ['Fall in clicks from a week before', share],
  'stopped-variants': ['Variants that a guardrail stopped within a day', count],
  'limit-hits': ['Requests refused by a rate limit in an hour', count],
  'database-size': ['Largest database', (value) => `${count(value)} MB`],
};

/** Names in a sentence. */
const NAMES_MAX = 10;

/** `names`: what the alert is about, if that has names. */
export function describeAlert(
  { ruleId, measure, value, threshold }: Pick<StoredAlert, 'ruleId' | 'measure' | 'value' | 'threshold'>,
  type: 'alert.raised' | 'alert.resolved',
  names: readonly string[] = [],
): string {
  const [name, format] = TEXTS[measure];
  const named = names.length === 0 ? '' : ` (${names.slice(0, NAMES_MAX).join(', ')})`;
  return type === 'alert.raised'
    ? `${ruleId}: ${name}: ${format(value)}${named}, above ${format(threshold)}. See “${measure}” in docs/runbook.md.`
    : `${ruleId}: resolved. ${name}: no longer above ${format(threshold)}.`;
}
