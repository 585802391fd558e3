// Rules of alerts in D1: the store's own ones, and the defaults that were changed.

import { type AlertRule, DEFAULT_ALERT_RULES, findDefaultRule } from '../../models/contracts/alert.ts';

/** The defaults as they are now, then the store's own rules by id. */
export async function readAlertRules(db: D1Database): Promise<AlertRule[]> {
  const { results } = await db
    .prepare('select rule_id as ruleId, body from alert_rules order by rule_id')
    .all<{ ruleId: string; body: string }>();
  const stored = new Map(
    results.map(({ ruleId, body }): [string, AlertRule] => [ruleId, { ruleId, ...JSON.parse(body) }]),
  );
  const own = [...stored.values()].filter(({ ruleId }) => findDefaultRule(ruleId) === undefined);
  return [...DEFAULT_ALERT_RULES.map((rule) => stored.get(rule.ruleId) ?? rule), ...own];
}

/** Creates or replaces a rule. False if there would be more than `max` besides the defaults. */
export async function putAlertRule(db: D1Database, { ruleId, ...body }: AlertRule, max: number): Promise<boolean> {
  const defaults = DEFAULT_ALERT_RULES.map((rule) => rule.ruleId);
  const { meta } = await db
    .prepare(
      `insert into alert_rules (rule_id, body) select ?1, ?2
       where ?1 in (select value from json_each(?3))
         or (select count(*) from alert_rules
             where rule_id <> ?1 and rule_id not in (select value from json_each(?3))) < ?4
       on conflict do update set body = excluded.body`,
    )
    .bind(ruleId, JSON.stringify(body), JSON.stringify(defaults), max)
    .run();
  return meta.changes > 0;
}

/** Deletes one of the store's rules, or restores a default. False if there was nothing to delete. */
export async function deleteAlertRule(db: D1Database, ruleId: string): Promise<boolean> {
  const { meta } = await db.prepare('delete from alert_rules where rule_id = ?1').bind(ruleId).run();
  return meta.changes > 0;
}
