import { env, exports } from 'cloudflare:workers';
import { beforeEach, expect, it } from 'vitest';
import { type Alert, type AlertRule, DEFAULT_ALERT_RULES, OWN_ALERT_RULES_MAX } from '../../models/contracts/alert.ts';
import type { AuditEntry } from '../../models/contracts/audit.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { readAlertRules } from '../storage/alert-rules.ts';
import { beginAlert, markTold, raiseAlert, readOpenAlerts, resolveAlert } from '../storage/alerts.ts';

type ListedRule = AlertRule & { isDefault: boolean };
type Answer = Problem & Alert & { alerts: Alert[]; cursor: number | null; rules: ListedRule[]; entries: AuditEntry[] };

async function call(method: string, path: string, body?: object, key = 'test-admin') {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer };
}
const path = '/v1/alerts/rules';
const rules = async () => (await call('GET', path)).body.rules;
const last = async () => (await call('GET', '/v1/audit-log?limit=1')).body.entries[0];

beforeEach(() => env.DB.batch(['alerts', 'alert_rules'].map((table) => env.DB.prepare(`delete from ${table}`))));

it('changes and restores a default, and creates and deletes rules of the store', async () => {
  expect((await rules()).map(({ ruleId, isDefault }) => [ruleId, isDefault])).toEqual(
    DEFAULT_ALERT_RULES.map(({ ruleId }) => [ruleId, true]),
  );
  const changed = { measure: 'limit-hits', threshold: 5, severity: 'critical', enabled: false };
  expect((await call('PUT', `${path}/limit-hits`, changed)).body).toMatchObject({ ...changed, forMinutes: 0 });
  expect(await last()).toMatchObject({ ids: { ruleId: 'limit-hits' }, before: { threshold: 10_000 }, after: changed });
  expect((await rules()).find(({ ruleId }) => ruleId === 'limit-hits')).toMatchObject({ ...changed, isDefault: false });
  expect((await call('DELETE', `${path}/limit-hits`)).status).toBe(204);
  expect(await last()).toMatchObject({ before: { threshold: 5 }, after: { threshold: 10_000 } });
  // Already as it was shipped.
  expect((await call('DELETE', `${path}/limit-hits`)).status).toBe(204);
  expect(await readAlertRules(env.DB)).toEqual(DEFAULT_ALERT_RULES);

  await call('PUT', `${path}/many-letters`, { measure: 'dead-letters', threshold: 500, forMinutes: 30 });
  expect((await rules()).at(-1)).toMatchObject({ ruleId: 'many-letters', threshold: 500, isDefault: false });
  expect((await call('GET', `${path}/many-letters`)).body).toMatchObject({ measure: 'dead-letters' });
  expect((await call('DELETE', `${path}/many-letters`)).status).toBe(204);
  for (const method of ['GET', 'DELETE']) expect((await call(method, `${path}/many-letters`)).status).toBe(404);
});

it('refuses rules that do not parse, one too many, and other scopes', async () => {
  const valid = { measure: 'dead-letters', threshold: 1 };
  for (const wrong of [
    { measure: 'mood' },
    { threshold: -1 },
    { threshold: 'much' },
    { forMinutes: 0.5 },
    { forMinutes: 2_000 },
    { severity: 'fatal' },
    { treshold: 5 },
  ])
    expect((await call('PUT', `${path}/x`, { ...valid, ...wrong })).status).toBe(400);
  // A changed default is none of the store's own.
  await call('PUT', `${path}/limit-hits`, valid);
  for (let n = 0; n < OWN_ALERT_RULES_MAX; n++) expect((await call('PUT', `${path}/own-${n}`, valid)).status).toBe(200);
  expect((await call('PUT', `${path}/one-more`, valid)).status).toBe(409);
  expect((await call('PUT', `${path}/own-0`, valid)).status).toBe(200);
  expect((await call('PUT', `${path}/dead-letters`, valid)).status).toBe(200);
  for (const [method, route] of [
    ['GET', '/v1/alerts'],
    ['GET', path],
    ['DELETE', `${path}/own-0`],
    ['PATCH', '/v1/alerts/1'],
  ])
    expect((await call(method!, route!, undefined, 'test-read')).status).toBe(403);
});

it('lists alerts by state and page, and lets a person acknowledge one that is raised', async () => {
  const [first, second, third] = DEFAULT_ALERT_RULES;
  await env.DB.batch([first!, second!, third!].map((rule) => beginAlert(env.DB, rule, 7, 1_000)));
  await env.DB.batch([second!, third!].map((rule) => raiseAlert(env.DB, rule, 8, 61_000)));
  const [pending, raised, resolved] = (await readOpenAlerts(env.DB)).map(({ alertId }) => alertId);
  await resolveAlert(env.DB, resolved!, 121_000).run();
  const idsOf = async (query: string) =>
    (await call('GET', `/v1/alerts${query}`)).body.alerts.map(({ alertId }) => alertId);
  expect(await idsOf('')).toEqual([resolved, raised, pending]);
  for (const [state, id] of Object.entries({ pending, raised, resolved }))
    expect(await idsOf(`?state=${state}`)).toEqual([id]);
  const page = (await call('GET', '/v1/alerts?limit=2')).body;
  expect(page.alerts[1]).toEqual({
    ...{ alertId: raised, ruleId: second!.ruleId, measure: second!.measure, severity: second!.severity },
    ...{ state: 'raised', value: 8, threshold: second!.threshold, since: '1970-01-01T00:00:01.000Z' },
    ...{ raisedAt: '1970-01-01T00:01:01.000Z', resolvedAt: null, acknowledgedAt: null, acknowledgedBy: null },
  });
  expect(await idsOf(`?limit=2&cursor=${page.cursor}`)).toEqual([pending]);

  const acknowledge = (id: number, key?: string) => call('PATCH', `/v1/alerts/${id}`, { acknowledged: true }, key);
  const { body } = await acknowledge(raised!);
  expect(body).toMatchObject({ state: 'acknowledged', acknowledgedBy: 'ADMIN_KEY-1' });
  expect(await last()).toMatchObject({ before: { state: 'raised' }, after: { state: 'acknowledged' } });
  // The first one stays.
  expect((await acknowledge(raised!, 'test-admin-next')).body).toEqual(body);
  expect(await idsOf('?state=acknowledged')).toEqual([raised]);
  for (const id of [pending!, resolved!]) expect((await acknowledge(id)).status).toBe(409);
  expect((await acknowledge(99_999)).status).toBe(404);
  expect((await acknowledge(-1)).status).toBe(400);
});

it('keeps as many alerts that are over as it should', async () => {
  const [rule] = DEFAULT_ALERT_RULES;
  for (let n = 0; n < 5; n++) {
    await env.DB.batch([beginAlert(env.DB, rule!, 1, n), raiseAlert(env.DB, rule!, 1, n)]);
    const { alertId } = (await readOpenAlerts(env.DB)).at(-1)!;
    if (n === 4) break;
    await resolveAlert(env.DB, alertId, n).run();
    await markTold(env.DB, alertId, 2, 2);
  }
  const { alerts } = (await call('GET', '/v1/alerts')).body;
  expect(alerts.map(({ state }) => state)).toEqual(['raised', 'resolved', 'resolved']);
});
