// The endpoints of the store's rules. A change is written to D1 and published before it is acknowledged.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { RULE_BODY_BYTES_MAX, RULES_MAX, Rule, RuleInput } from '../../models/contracts/rule.ts';
import { selectRulesInForce } from '../recommending/rules.ts';
import * as storage from '../storage/rules.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { ProblemError } from './problems.ts';
import { publishChange } from './publish-change.ts';

const RuleParams = z.object({
  ruleId: Id.meta({ param: { name: 'ruleId', in: 'path' }, example: 'spring-sale' }),
});
type RuleParams = z.output<typeof RuleParams>;
type RuleBody = z.output<typeof RuleInput>;

const ListAnswer = z.object({
  rules: z
    .array(Rule.extend({ inForce: z.boolean().meta({ description: 'By its times only, whatever its audience.' }) }))
    .meta({ description: 'Oldest first.' }),
});

export interface RuleStore {
  /** Oldest first. */
  listRules(): Promise<Rule[]>;
  /** Creates or replaces a rule; false if there are RULES_MAX others. */
  putRule(rule: Rule): Promise<boolean>;
  /** False if no rule has the id. */
  deleteRule(ruleId: string): Promise<boolean>;
}

/** Makes a change visible in the next answer of this isolate. */
function openRuleStore(context: AppContext): RuleStore {
  const { env } = context;
  return {
    listRules: () => storage.readRules(env.DB),
    putRule: async (rule) => {
      const isStored = await storage.putRule(env.DB, rule, RULES_MAX, Date.now());
      if (isStored) await publishChange(context);
      return isStored;
    },
    deleteRule: async (ruleId) => {
      const isDeleted = await storage.deleteRule(env.DB, ruleId);
      if (isDeleted) await publishChange(context);
      return isDeleted;
    },
  };
}

export async function getRule(
  { params: { ruleId } }: { params: RuleParams },
  store: Pick<RuleStore, 'listRules'>,
): Promise<Rule> {
  const rule = await findRule(ruleId, store);
  if (rule === undefined) throw ruleNotFound(ruleId);
  return rule;
}

export async function getRules(_: object, store: Pick<RuleStore, 'listRules'>): Promise<z.output<typeof ListAnswer>> {
  const rules = await store.listRules();
  const withoutAudience = rules.map((rule) => ({ ...rule, audience: {} }));
  const inForce = new Set(
    selectRulesInForce(withoutAudience, Date.now(), { country: null, platform: null }).map(({ ruleId }) => ruleId),
  );
  return { rules: rules.map((rule) => ({ ...rule, inForce: inForce.has(rule.ruleId) })) };
}

export const postRule = ({ body }: { body: RuleBody }, store: Pick<RuleStore, 'putRule'>): Promise<Rule> =>
  putRule({ params: { ruleId: crypto.randomUUID() }, body }, store);

export async function putRule(
  { params: { ruleId }, body }: { params: RuleParams; body: RuleBody },
  store: Pick<RuleStore, 'putRule'>,
): Promise<Rule> {
  const rule = { ruleId, ...body };
  if (!(await store.putRule(rule)))
    throw new ProblemError('conflict', `There are already ${RULES_MAX} rules; delete one first.`);
  return rule;
}

export async function deleteRule(
  { params: { ruleId } }: { params: RuleParams },
  store: Pick<RuleStore, 'deleteRule'>,
): Promise<void> {
  if (!(await store.deleteRule(ruleId))) throw ruleNotFound(ruleId);
}

const findRule = async (ruleId: string, store: Pick<RuleStore, 'listRules'>): Promise<Rule | undefined> =>
  (await store.listRules()).find((one) => one.ruleId === ruleId);

const ruleNotFound = (ruleId: string) => new ProblemError('not-found', `No rule has the id “${ruleId}”.`);

const tag = 'Rules';

const ENDPOINTS: Endpoint<RuleStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/rules',
    operationId: 'postRule',
    tag,
    summary: 'Create a rule under a new id',
    description:
      'A rule pins, boosts, buries or excludes games, optionally for a country or a platform, and between two times.',
    scope: 'admin',
    body: { schema: RuleInput, maxBytes: RULE_BODY_BYTES_MAX },
    answer: {
      status: 201,
      schema: Rule,
      description: 'The rule with its id.',
      headers: ({ ruleId }) => ({ location: `/v1/rules/${ruleId}` }),
    },
    problems: [409],
    audit: { readAfter: (rule) => rule },
    handle: postRule,
  }),
  defineEndpoint({
    method: 'put',
    path: '/v1/rules/{ruleId}',
    operationId: 'putRule',
    tag,
    summary: 'Create or replace a rule',
    scope: 'admin',
    params: RuleParams,
    body: { schema: RuleInput, maxBytes: RULE_BODY_BYTES_MAX, repeats: 'ruleId' },
    answer: { schema: Rule, description: 'The rule as stored.' },
    problems: [409],
    audit: { readBefore: ({ params }, store: RuleStore) => findRule(params.ruleId, store), readAfter: (rule) => rule },
    handle: putRule,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/rules',
    operationId: 'getRules',
    tag,
    summary: 'List the rules',
    scope: 'admin',
    answer: { schema: ListAnswer, description: 'All rules.' },
    handle: getRules,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/rules/{ruleId}',
    operationId: 'getRule',
    tag,
    summary: 'Read a rule',
    scope: 'admin',
    params: RuleParams,
    answer: { schema: Rule, description: 'The rule.' },
    problems: [404],
    handle: getRule,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/rules/{ruleId}',
    operationId: 'deleteRule',
    tag,
    summary: 'Delete a rule',
    scope: 'admin',
    params: RuleParams,
    answer: { status: 204, description: 'The rule is no longer in force.' },
    problems: [404],
    audit: { readBefore: ({ params }, store: RuleStore) => findRule(params.ruleId, store) },
    handle: deleteRule,
  }),
];

export const routeRules = (app: App): void => registerEndpoints(app, ENDPOINTS, openRuleStore);
