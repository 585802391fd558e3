import { expect, test } from 'vitest';
import type { AlertRule } from '../../models/contracts/alert.ts';
import type { StoredAlert } from '../storage/alerts.ts';
import { judgeAlerts } from './judge-alerts.ts';

const MINUTE_MS = 60_000;
const rule: AlertRule = {
  ...{ ruleId: 'r', measure: 'dead-letters', threshold: 5, forMinutes: 3, severity: 'warning', enabled: true },
};
const alert = (more: Partial<StoredAlert> = {}): StoredAlert => ({
  ...{ alertId: 1, ruleId: 'r', measure: 'dead-letters', severity: 'warning', value: 6, threshold: 5, since: 0 },
  ...{ raisedAt: null, resolvedAt: null, acknowledgedAt: null, acknowledgedBy: null, told: 0, ...more },
});
const judge = (
  value: number | null | undefined,
  alerts: StoredAlert[],
  now: number,
  changed: Partial<AlertRule> = {},
) =>
  judgeAlerts(
    [{ ...rule, ...changed }],
    new Map(value === undefined ? [] : [['dead-letters' as const, value]]),
    alerts,
    now,
  ).map(({ kind }) => kind);

test('is raised once the measure has been above the threshold for as long as the rule demands', () => {
  expect(judge(5, [], 0)).toEqual([]);
  expect(judge(6, [], 0)).toEqual(['begin']);
  expect(judge(6, [], 0, { forMinutes: 0 })).toEqual(['begin', 'raise']);
  expect(judge(6, [alert()], 2 * MINUTE_MS)).toEqual([]);
  // The minutes of a cron are not exact.
  expect(judge(6, [alert()], 3 * MINUTE_MS - 900)).toEqual(['raise']);
  expect(judge(6, [alert({ raisedAt: 1 })], 9 * MINUTE_MS)).toEqual([]);
});

test('ends as soon as it is not above: silently while it is pending', () => {
  for (const value of [5, 0, null]) {
    expect(judge(value, [alert()], MINUTE_MS)).toEqual(['drop']);
    expect(judge(value, [alert({ raisedAt: 1 })], MINUTE_MS)).toEqual(['resolve']);
  }
  expect(judge(6, [alert({ raisedAt: 1 })], MINUTE_MS, { enabled: false })).toEqual(['resolve']);
  expect(judge(6, [alert({ raisedAt: 1 })], MINUTE_MS, { threshold: 6 })).toEqual(['resolve']);
  expect(judgeAlerts([], new Map(), [alert({ raisedAt: 1 })], 0)).toEqual([{ kind: 'resolve', alertId: 1 }]);
});

test('of stopped variants each change is written, since each is told', () => {
  const stopped = { measure: 'stopped-variants', value: 6, raisedAt: 1 } as const;
  const rules = [{ ...rule, measure: 'stopped-variants' as const }];
  const recount = (value: number) => judgeAlerts(rules, new Map([['stopped-variants', value]]), [alert(stopped)], 0);
  expect([recount(7), recount(6)]).toEqual([[{ kind: 'recount', alertId: 1, value: 7 }], []]);
  expect(judge(7, [alert({ raisedAt: 1 })], MINUTE_MS)).toEqual([]);
});

test('a measure that could not be read changes nothing; one that is over is no alert any more', () => {
  expect(judge(undefined, [], 0)).toEqual([]);
  expect(judge(undefined, [alert({ raisedAt: 1 })], MINUTE_MS)).toEqual([]);
  expect(judge(6, [alert({ raisedAt: 1, resolvedAt: 2, told: 1 })], MINUTE_MS)).toEqual(['begin']);
});
