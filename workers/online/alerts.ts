// The endpoints of alerts: list them, acknowledge one. The job `check-alerts` raises and resolves them.

import { z } from '@hono/zod-openapi';
import { ALERT_STATES, ALERTS_PAGE_MAX, Alert, type AlertState } from '../../models/contracts/alert.ts';
import * as storage from '../storage/alerts.ts';
import type { Caller } from './caller.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { wholeNumber } from './parameters.ts';
import { ProblemError } from './problems.ts';

const AlertParams = z.object({
  alertId: wholeNumber(1, Number.MAX_SAFE_INTEGER).meta({ param: { name: 'alertId', in: 'path' }, example: 12 }),
});
type AlertParams = z.output<typeof AlertParams>;
const ACKNOWLEDGEMENT_BYTES_MAX = 1_024;
const Acknowledgement = z.strictObject({ acknowledged: z.literal(true) }).meta({ id: 'Acknowledgement' });
const ListQuery = z.object({
  state: z.enum(ALERT_STATES).optional(),
  limit: wholeNumber(1, ALERTS_PAGE_MAX).default(20),
  cursor: wholeNumber(1, Number.MAX_SAFE_INTEGER).optional().meta({ description: 'Only alerts before this one.' }),
});
const ListAnswer = z.object({
  alerts: z.array(Alert).meta({ description: 'Newest first.' }),
  cursor: z.number().int().nullable().meta({ description: 'Send it to get the next page; null on the last page.' }),
});

export interface AlertStore {
  /** Newest first, before an alert; of all states unless one is given. */
  listAlerts(state: AlertState | undefined, beforeId: number, limit: number): Promise<Alert[]>;
  findAlert(alertId: number): Promise<Alert | undefined>;
  /** Does nothing unless the alert is raised and nobody has acknowledged it. */
  acknowledgeAlert(alertId: number, keyId: string): Promise<void>;
}

const openAlertStore = ({ env: { DB } }: AppContext): AlertStore => ({
  listAlerts: (state, beforeId, limit) => storage.listAlerts(DB, state, beforeId, limit),
  findAlert: (alertId) => storage.findAlert(DB, alertId),
  acknowledgeAlert: (alertId, keyId) => storage.acknowledgeAlert(DB, alertId, keyId, Date.now()),
});

export async function getAlerts(
  { query: { state, limit, cursor = Number.MAX_SAFE_INTEGER } }: { query: z.output<typeof ListQuery> },
  { listAlerts }: Pick<AlertStore, 'listAlerts'>,
): Promise<z.output<typeof ListAnswer>> {
  const alerts = await listAlerts(state, cursor, limit);
  return { alerts, cursor: alerts.length === limit ? alerts.at(-1)!.alertId : null };
}

export async function acknowledgeAlert(
  { params: { alertId }, caller }: { params: AlertParams; caller: Caller },
  { findAlert, acknowledgeAlert }: Pick<AlertStore, 'findAlert' | 'acknowledgeAlert'>,
): Promise<Alert> {
  await acknowledgeAlert(alertId, caller.kind === 'key' ? caller.keyId : caller.kind);
  const alert = await findAlert(alertId);
  if (alert === undefined) throw new ProblemError('not-found', `No alert has the id ${alertId}.`);
  if (alert.acknowledgedAt === null) throw new ProblemError('conflict', `The alert is ${alert.state}, not raised.`);
  return alert;
}

const tag = 'Operation';

const ENDPOINTS: Endpoint<AlertStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/alerts',
    operationId: 'getAlerts',
    tag,
    summary: 'List alerts',
    description:
      'A rule raises one alert once its measure is above the threshold, and resolves it when it no longer is. The ' +
      'newest 1,000 are kept.',
    scope: 'admin',
    query: ListQuery,
    answer: { schema: ListAnswer, description: 'One page.' },
    handle: getAlerts,
  }),
  defineEndpoint({
    method: 'patch',
    path: '/v1/alerts/{alertId}',
    operationId: 'acknowledgeAlert',
    tag,
    summary: 'Acknowledge an alert',
    description:
      'Records that somebody is looking into it: the first key that acknowledged it. 409 if it is pending or resolved.',
    scope: 'admin',
    params: AlertParams,
    body: { schema: Acknowledgement, maxBytes: ACKNOWLEDGEMENT_BYTES_MAX },
    answer: { schema: Alert, description: 'The alert.' },
    problems: [404, 409],
    audit: {
      readBefore: ({ params }, { findAlert }: AlertStore) => findAlert(params.alertId),
      readAfter: (alert) => alert,
    },
    handle: acknowledgeAlert,
  }),
];

export const routeAlerts = (app: App): void => registerEndpoints(app, ENDPOINTS, openAlertStore);
