// Alerts in D1: one row for each time that a measure was above a rule's threshold. A row is pending, raised and then
// resolved; what nobody was told of yet stays marked.

import type { Alert, AlertMeasure, AlertRule, AlertState } from '../../models/contracts/alert.ts';

/** An alert as stored; times in epoch milliseconds. */
export interface StoredAlert {
  alertId: number;
  ruleId: string;
  measure: AlertMeasure;
  severity: AlertRule['severity'];
  value: number;
  threshold: number;
  since: number;
  raisedAt: number | null;
  resolvedAt: number | null;
  acknowledgedAt: number | null;
  acknowledgedBy: string | null;
  /** Notifications that were queued: of its being raised, then of its being resolved. */
  told: 0 | 1 | 2;
}

const COLUMNS = `alert_id as alertId, rule_id as ruleId, measure, severity, value, threshold, since,
  raised_at as raisedAt, resolved_at as resolvedAt, acknowledged_at as acknowledgedAt,
  acknowledged_by as acknowledgedBy, told`;

/** Those that are not over, and those that somebody has yet to be told of; oldest first. */
export async function readOpenAlerts(db: D1Database): Promise<StoredAlert[]> {
  const { results } = await db
    .prepare(`select ${COLUMNS} from alerts where told < 2 order by alert_id`)
    .all<StoredAlert>();
  return results;
}

/** Begins an alert, pending; a rule has one at a time. */
export const beginAlert = (
  db: D1Database,
  { ruleId, measure, severity, threshold }: AlertRule,
  value: number,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `insert into alerts (rule_id, measure, severity, value, threshold, since, told)
       values (?1, ?2, ?3, ?4, ?5, ?6, 0) on conflict do nothing`,
    )
    .bind(ruleId, measure, severity, value, threshold, now);

/** Raises a rule's pending alert. */
export const raiseAlert = (
  db: D1Database,
  { ruleId, severity, threshold }: AlertRule,
  value: number,
  now: number,
): D1PreparedStatement =>
  db
    .prepare(
      `update alerts set raised_at = ?2, value = ?3, severity = ?4, threshold = ?5
       where rule_id = ?1 and raised_at is null`,
    )
    .bind(ruleId, now, value, severity, threshold);

/** Writes the value of a raised alert; one that has grown is raised again, and nobody looks after it yet. */
export const recountAlert = (db: D1Database, alertId: number, value: number, now: number): D1PreparedStatement =>
  db
    .prepare(
      `update alerts set value = ?2, told = iif(?2 > value, 0, told), raised_at = iif(?2 > value, ?3, raised_at),
         acknowledged_at = iif(?2 > value, null, acknowledged_at),
         acknowledged_by = iif(?2 > value, null, acknowledged_by)
       where alert_id = ?1 and raised_at is not null and resolved_at is null`,
    )
    .bind(alertId, value, now);

/** Deletes a pending alert: it was over too soon. */
export const dropAlert = (db: D1Database, alertId: number): D1PreparedStatement =>
  db.prepare('delete from alerts where alert_id = ?1 and raised_at is null').bind(alertId);

export const resolveAlert = (db: D1Database, alertId: number, now: number): D1PreparedStatement =>
  db
    .prepare('update alerts set resolved_at = ?2 where alert_id = ?1 and raised_at is not null and resolved_at is null')
    .bind(alertId, now);

/** Records that a notification was queued, and deletes the oldest alerts that are over, beyond `keptMax`. */
export async function markTold(db: D1Database, alertId: number, told: 1 | 2, keptMax: number): Promise<void> {
  await db.batch([
    db.prepare('update alerts set told = max(told, ?2) where alert_id = ?1').bind(alertId, told),
    db.prepare('delete from alerts where told = 2 and alert_id <= ?1 - ?2').bind(alertId, keptMax),
  ]);
}

const STATES: Record<AlertState, string> = {
  pending: 'raised_at is null',
  raised: 'raised_at is not null and resolved_at is null and acknowledged_at is null',
  acknowledged: 'resolved_at is null and acknowledged_at is not null',
  resolved: 'resolved_at is not null',
};

/** Newest first, before an alert; of all states unless one is given. */
export async function listAlerts(
  db: D1Database,
  state: AlertState | undefined,
  beforeId: number,
  limit: number,
): Promise<Alert[]> {
  const { results } = await db
    .prepare(
      `select ${COLUMNS} from alerts where alert_id < ?1 and (${state === undefined ? 'true' : STATES[state]})
       order by alert_id desc limit ?2`,
    )
    .bind(beforeId, limit)
    .all<StoredAlert>();
  return results.map(toAlert);
}

export async function findAlert(db: D1Database, alertId: number): Promise<Alert | undefined> {
  const row = await db.prepare(`select ${COLUMNS} from alerts where alert_id = ?1`).bind(alertId).first<StoredAlert>();
  return row === null ? undefined : toAlert(row);
}

/** Records who looks after a raised alert; the first stays. Does nothing to another. */
export async function acknowledgeAlert(db: D1Database, alertId: number, keyId: string, now: number): Promise<void> {
  await db
    .prepare(
      `update alerts set acknowledged_at = ?2, acknowledged_by = ?3
       where alert_id = ?1 and raised_at is not null and resolved_at is null and acknowledged_at is null`,
    )
    .bind(alertId, now, keyId)
    .run();
}

function stateOf({ raisedAt, resolvedAt, acknowledgedAt }: StoredAlert): AlertState {
  if (raisedAt === null) return 'pending';
  if (resolvedAt !== null) return 'resolved';
  return acknowledgedAt === null ? 'raised' : 'acknowledged';
}

const toTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());

const toAlert = ({ told: _, ...alert }: StoredAlert): Alert => ({
  ...alert,
  state: stateOf({ ...alert, told: 0 }),
  since: new Date(alert.since).toISOString(),
  raisedAt: toTime(alert.raisedAt),
  resolvedAt: toTime(alert.resolvedAt),
  acknowledgedAt: toTime(alert.acknowledgedAt),
});
