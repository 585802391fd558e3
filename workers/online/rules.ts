// The store's rules by API. A change is written to D1 and taken over by this isolate before it is acknowledged.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import { RULE_BODY_BYTES_MAX, RULES_MAX, Rule, RuleInput } from '../../models/contracts/rule.ts';
import { selectRulesInForce } from '../recommending/rules.ts';
import { isolate } from '../serving/isolate.ts';
import { deleteRule, putRule, readRules } from '../storage/rules.ts';
import { requireScope } from './auth.ts';
import { ProblemError } from './problems.ts';
import { json, jsonBody, parseBody, problems, readJson, scoped, withoutId } from './routing.ts';

const RuleParams = z.object({
  ruleId: Id.meta({ param: { name: 'ruleId', in: 'path' }, example: 'spring-sale' }),
});
const Rules = z.object({
  rules: z
    .array(Rule.extend({ inForce: z.boolean().meta({ description: 'By its times; its audience is not looked at.' }) }))
    .meta({ description: 'The oldest first.' }),
});

const tags = ['Rules'];
const noSuchRule = (ruleId: string) => new ProblemError('not-found', `No rule has the id “${ruleId}”.`);

export function routeRules(app: OpenAPIHono<{ Bindings: Env }>): void {
  const create = createRoute({
    method: 'post',
    path: '/v1/rules',
    tags,
    summary: 'Create a rule under a new id',
    description: 'Pins, boosts, buries or excludes games, for a country or a platform if wished, from when to when.',
    ...scoped('admin'),
    request: { body: jsonBody(RuleInput) },
    responses: { 201: json(Rule, 'The rule, with its id.'), ...problems(400, 409, 413, 415) },
  });
  const put = createRoute({
    method: 'put',
    path: '/v1/rules/{ruleId}',
    tags,
    summary: 'Create or replace a rule',
    ...scoped('admin'),
    request: { params: RuleParams, body: jsonBody(RuleInput) },
    responses: { 200: json(Rule, 'The rule as stored.'), ...problems(400, 409, 413, 415) },
  });

  const store = async (env: Env, rule: Rule) => {
    const now = Date.now();
    if (!(await putRule(env.DB, rule, RULES_MAX, now)))
      throw new ProblemError('conflict', `There are ${RULES_MAX} rules already: delete some first.`);
    await isolate.revalidateRules(env);
    return rule;
  };

  app.openAPIRegistry.registerPath(create);
  app.post(create.path, requireScope('admin'), async (c) => {
    const input = parseBody(RuleInput, await readJson(c.req.raw, RULE_BODY_BYTES_MAX));
    const rule = await store(c.env, { ruleId: crypto.randomUUID(), ...input });
    return c.json(rule, 201, { location: `/v1/rules/${rule.ruleId}` });
  });

  app.openAPIRegistry.registerPath(put);
  app.put(put.getRoutingPath(), requireScope('admin'), async (c) => {
    const { ruleId } = parseBody(RuleParams, c.req.param());
    const body = await readJson(c.req.raw, RULE_BODY_BYTES_MAX);
    const input = parseBody(RuleInput, withoutId(body, 'ruleId', ruleId));
    return c.json(await store(c.env, { ruleId, ...input }));
  });

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/rules',
      tags,
      summary: 'List the rules',
      ...scoped('admin'),
      responses: { 200: json(Rules, 'All of them.'), ...problems() },
    }),
    async (c) => {
      const { rules } = await readRules(c.env.DB, undefined);
      const anywhere = rules.map((rule) => ({ ...rule, audience: {} }));
      const inForce = new Set(
        selectRulesInForce(anywhere, Date.now(), { country: null, platform: null }).map(({ ruleId }) => ruleId),
      );
      return c.json({ rules: rules.map((rule) => ({ ...rule, inForce: inForce.has(rule.ruleId) })) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/rules/{ruleId}',
      tags,
      summary: 'Read a rule',
      ...scoped('admin'),
      request: { params: RuleParams },
      responses: { 200: json(Rule, 'The rule.'), ...problems(400, 404) },
    }),
    async (c) => {
      const { ruleId } = c.req.valid('param');
      const { rules } = await readRules(c.env.DB, undefined);
      const rule = rules.find((one) => one.ruleId === ruleId);
      if (rule === undefined) throw noSuchRule(ruleId);
      return c.json(rule, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/rules/{ruleId}',
      tags,
      summary: 'Delete a rule',
      ...scoped('admin'),
      request: { params: RuleParams },
      responses: { 204: { description: 'It holds no more.' }, ...problems(400, 404) },
    }),
    async (c) => {
      const { ruleId } = c.req.valid('param');
      if (!(await deleteRule(c.env.DB, ruleId))) throw noSuchRule(ruleId);
      await isolate.revalidateRules(c.env);
      return c.body(null, 204);
    },
  );
}
