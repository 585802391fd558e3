// The endpoints of alert rules: the defaults, which can be changed and restored, and the store's own rules. A change
// counts from the next minute.

import { z } from '@hono/zod-openapi';
import {
  ALERT_MEASURES,
  ALERT_RULE_BODY_BYTES_MAX,
  AlertRule,
  AlertRuleInput,
  DEFAULT_ALERT_RULES,
  findDefaultRule,
  OWN_ALERT_RULES_MAX,
} from '../../models/contracts/alert.ts';
import { Id } from '../../models/contracts/id.ts';
import * as storage from '../storage/alert-rules.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { ProblemError } from './problems.ts';

const RuleParams = z.object({
  ruleId: Id.meta({ param: { name: 'ruleId', in: 'path' }, example: 'dead-letters' }),
});
type RuleParams = z.output<typeof RuleParams>;
const ListAnswer = z.object({
  rules: z.array(
    AlertRule.extend({
      isDefault: z.boolean().meta({ description: 'False if it is the store’s own, or was changed.' }),
      measures: z.string().meta({ description: 'Meaning of the measure.' }),
    }),
  ),
});

export interface AlertRuleStore {
  /** The defaults first. */
  listRules(): Promise<AlertRule[]>;
  /** Creates or replaces a rule; false if there are OWN_ALERT_RULES_MAX besides the defaults. */
  putRule(rule: AlertRule): Promise<boolean>;
  /** Deletes a rule, or restores a default; false if nothing was stored. */
  deleteRule(ruleId: string): Promise<boolean>;
}

const openAlertRuleStore = ({ env: { DB } }: AppContext): AlertRuleStore => ({
  listRules: () => storage.readAlertRules(DB),
  putRule: (rule) => storage.putAlertRule(DB, rule, OWN_ALERT_RULES_MAX),
  deleteRule: (ruleId) => storage.deleteAlertRule(DB, ruleId),
});

export async function getAlertRules(
  _: object,
  { listRules }: Pick<AlertRuleStore, 'listRules'>,
): Promise<z.output<typeof ListAnswer>> {
  const describe = (rule: AlertRule) => ({
    ...rule,
    isDefault: DEFAULT_ALERT_RULES.includes(rule),
    measures: ALERT_MEASURES[rule.measure],
  });
  return { rules: (await listRules()).map(describe) };
}

const findRule = async (
  ruleId: string,
  { listRules }: Pick<AlertRuleStore, 'listRules'>,
): Promise<AlertRule | undefined> => (await listRules()).find((one) => one.ruleId === ruleId);

export async function getAlertRule(
  { params: { ruleId } }: { params: RuleParams },
  store: Pick<AlertRuleStore, 'listRules'>,
): Promise<AlertRule> {
  const rule = await findRule(ruleId, store);
  if (rule === undefined) throw ruleNotFound(ruleId);
  return rule;
}

export async function putAlertRule(
  { params: { ruleId }, body }: { params: RuleParams; body: z.output<typeof AlertRuleInput> },
  { putRule }: Pick<AlertRuleStore, 'putRule'>,
): Promise<AlertRule> {
  const rule = { ruleId, ...body };
  if (!(await putRule(rule)))
    throw new ProblemError('conflict', `There are already ${OWN_ALERT_RULES_MAX} rules of your own; delete one first.`);
  return rule;
}

export async function deleteAlertRule(
  { params: { ruleId } }: { params: RuleParams },
  { deleteRule }: Pick<AlertRuleStore, 'deleteRule'>,
): Promise<void> {
  if (!(await deleteRule(ruleId)) && findDefaultRule(ruleId) === undefined) throw ruleNotFound(ruleId);
}

const ruleNotFound = (ruleId: string) => new ProblemError('not-found', `No alert rule has the id “${ruleId}”.`);

const tag = 'Operation';

const ENDPOINTS: Endpoint<AlertRuleStore>[] = [
  defineEndpoint({
    method: 'get',
    path: '/v1/alerts/rules',
    operationId: 'getAlertRules',
    tag,
    summary: 'List the alert rules',
    scope: 'admin',
    answer: { schema: ListAnswer, description: 'The defaults as they are now, then the store’s own rules.' },
    handle: getAlertRules,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/alerts/rules/{ruleId}',
    operationId: 'getAlertRule',
    tag,
    summary: 'Read an alert rule',
    scope: 'admin',
    params: RuleParams,
    answer: { schema: AlertRule, description: 'The rule.' },
    problems: [404],
    handle: getAlertRule,
  }),
  defineEndpoint({
    method: 'put',
    path: '/v1/alerts/rules/{ruleId}',
    operationId: 'putAlertRule',
    tag,
    summary: 'Create or change an alert rule',
    description: 'A default keeps its id; `"enabled": false` turns it off. The change counts from the next minute.',
    scope: 'admin',
    params: RuleParams,
    body: { schema: AlertRuleInput, maxBytes: ALERT_RULE_BODY_BYTES_MAX, repeats: 'ruleId' },
    answer: { schema: AlertRule, description: 'The rule as stored.' },
    problems: [409],
    audit: {
      readBefore: ({ params }, store: AlertRuleStore) => findRule(params.ruleId, store),
      readAfter: (rule) => rule,
    },
    handle: putAlertRule,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/alerts/rules/{ruleId}',
    operationId: 'deleteAlertRule',
    tag,
    summary: 'Delete an alert rule, or restore a default',
    description: 'The alert of a deleted rule is resolved within a minute.',
    scope: 'admin',
    params: RuleParams,
    answer: { status: 204, description: 'The rule is gone, or a default is restored.' },
    problems: [404],
    audit: {
      readBefore: ({ params }, store: AlertRuleStore) => findRule(params.ruleId, store),
      readAfter: (_, { params }, store: AlertRuleStore) => findRule(params.ruleId, store),
    },
    handle: deleteAlertRule,
  }),
];

export const routeAlertRules = (app: App): void => registerEndpoints(app, ENDPOINTS, openAlertRuleStore);
