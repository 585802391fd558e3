// Job: evaluates the rules of alerts, and tells subscribers of those that are raised or resolved: at least once, under
// the same id. It writes only when something changes.

import { ALERTS_KEPT_MAX } from '../../models/contracts/alert.ts';
import type { Notification } from '../../models/contracts/subscription.ts';
import { readAlertRules } from '../storage/alert-rules.ts';
import {
  beginAlert,
  dropAlert,
  markTold,
  raiseAlert,
  readOpenAlerts,
  recountAlert,
  resolveAlert,
  type StoredAlert,
} from '../storage/alerts.ts';
import { listStoppedVariants } from '../storage/experiments.ts';
import { listSubscriptions, notify } from '../storage/subscriptions.ts';
import { describeAlert } from './describe-alert.ts';
import { type AlertChange, judgeAlerts } from './judge-alerts.ts';
import { type MeasureEnv, readMeasures, STOPPED_WITHIN_MS } from './measure-alerts.ts';

type CheckEnv = MeasureEnv & Pick<Env, 'NOTIFICATIONS'>;

/** Returns the number of changes. Throws if a measure could not be read, after it has evaluated the others. */
export async function checkAlerts(env: CheckEnv, now: number): Promise<number> {
  const { DB } = env;
  const [rules, alerts, { measures, failures }] = await Promise.all([
    readAlertRules(DB),
    readOpenAlerts(DB),
    readMeasures(env, now),
  ]);
  const changes = judgeAlerts(rules, measures, alerts, now);
  if (changes.length > 0) await DB.batch(changes.map((change) => write(DB, change, now)));
  const changed = changes.length > 0 ? await readOpenAlerts(DB) : alerts;
  await tell(env, changed.filter(isUntold), now);
  if (failures.length > 0) throw failures[0];
  return changes.length;
}

function write(db: D1Database, change: AlertChange, now: number): D1PreparedStatement {
  switch (change.kind) {
    case 'begin':
      return beginAlert(db, change.rule, change.value, now);
    case 'raise':
      return raiseAlert(db, change.rule, change.value, now);
    case 'recount':
      return recountAlert(db, change.alertId, change.value, now);
    case 'drop':
      return dropAlert(db, change.alertId);
    case 'resolve':
      return resolveAlert(db, change.alertId, now);
  }
}

const isUntold = ({ told, raisedAt, resolvedAt }: StoredAlert): boolean =>
  raisedAt !== null && (told === 0 || resolvedAt !== null);

/** Queues before it writes: if that fails, the next run queues again with the same id. */
async function tell({ DB, NOTIFICATIONS }: CheckEnv, alerts: readonly StoredAlert[], now: number): Promise<void> {
  if (alerts.length === 0) return;
  const [listeners, stopped] = await Promise.all([listSubscriptions(DB), readStopped(DB, alerts, now)]);
  for (const alert of alerts) {
    if (alert.told === 0) {
      await notify(NOTIFICATIONS, listeners, toNotification(alert, 'alert.raised', now, stopped));
      await markTold(DB, alert.alertId, 1, ALERTS_KEPT_MAX);
    }
    if (alert.resolvedAt !== null) {
      await notify(NOTIFICATIONS, listeners, toNotification(alert, 'alert.resolved', now));
      await markTold(DB, alert.alertId, 2, ALERTS_KEPT_MAX);
    }
  }
}

/** The variants that an alert is about, if there is one. */
const readStopped = (db: D1Database, alerts: readonly StoredAlert[], now: number): Promise<string[]> | string[] =>
  alerts.some(({ measure }) => measure === 'stopped-variants') ? listStoppedVariants(db, now - STOPPED_WITHIN_MS) : [];

function toNotification(
  alert: StoredAlert,
  type: 'alert.raised' | 'alert.resolved',
  now: number,
  stopped: readonly string[] = [],
): Notification {
  const { alertId, ruleId, measure, severity, value, threshold, raisedAt, resolvedAt } = alert;
  return {
    // An alert may be raised again.
    id: type === 'alert.raised' ? `${type}-${alertId}-${raisedAt}` : `${type}-${alertId}`,
    type,
    timestamp: new Date(now).toISOString(),
    data: {
      ...{ alertId, ruleId, measure, severity, value, threshold },
      raisedAt: new Date(raisedAt!).toISOString(),
      resolvedAt: type === 'alert.raised' || resolvedAt === null ? null : new Date(resolvedAt).toISOString(),
      message: describeAlert(alert, type, measure === 'stopped-variants' ? stopped : []),
    },
  };
}
