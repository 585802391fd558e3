// Decides what each rule's measure means for its alert: to begin, raise, recount, drop or resolve it. No I/O, no clock.

import type { AlertMeasure, AlertRule } from '../../models/contracts/alert.ts';
import type { StoredAlert } from '../storage/alerts.ts';

const MINUTE_MS = 60_000;
/** Counts of which each case needs a person. Of a failed job, each run that fails is told anyway. */
const RECOUNTED: readonly AlertMeasure[] = ['stopped-variants'];
/** The minutes of a cron differ by some seconds. */
const EARLY_MS = 20_000;

/** null: without the data it needs. A measure that could not be read is absent: its alerts stay as they are. */
export type Measures = ReadonlyMap<AlertMeasure, number | null>;

export type AlertChange =
  | { kind: 'begin' | 'raise'; rule: AlertRule; value: number }
  /** A raised alert of which each new case is told. */
  | { kind: 'recount'; alertId: number; value: number }
  | { kind: 'drop' | 'resolve'; alertId: number };

/** `alerts`: those that are not over, one for each rule at most; others are ignored. */
export function judgeAlerts(
  rules: readonly AlertRule[],
  measures: Measures,
  alerts: readonly StoredAlert[],
  now: number,
): AlertChange[] {
  const open = new Map(alerts.filter(({ resolvedAt }) => resolvedAt === null).map((alert) => [alert.ruleId, alert]));
  const changes = rules.flatMap((rule) => judge(rule, measures.get(rule.measure), open.get(rule.ruleId), now));
  const known = new Set(rules.map(({ ruleId }) => ruleId));
  // The rule was deleted.
  return [...changes, ...[...open.values()].filter(({ ruleId }) => !known.has(ruleId)).map(end)];
}

function judge(
  rule: AlertRule,
  value: number | null | undefined,
  alert: StoredAlert | undefined,
  now: number,
): AlertChange[] {
  if (rule.enabled && value === undefined) return [];
  const isAbove = rule.enabled && value != null && value > rule.threshold;
  if (!isAbove) return alert === undefined ? [] : [end(alert)];
  if (alert !== undefined && alert.raisedAt !== null) {
    const isChanged = RECOUNTED.includes(rule.measure) && value !== alert.value;
    return isChanged ? [{ kind: 'recount', alertId: alert.alertId, value }] : [];
  }
  const begun: AlertChange[] = alert === undefined ? [{ kind: 'begin', rule, value }] : [];
  const isDue = now - (alert?.since ?? now) >= rule.forMinutes * MINUTE_MS - EARLY_MS;
  return isDue ? [...begun, { kind: 'raise', rule, value }] : begun;
}

const end = ({ alertId, raisedAt }: StoredAlert): AlertChange => ({
  kind: raisedAt === null ? 'drop' : 'resolve',
  alertId,
});
