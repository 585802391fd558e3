// The store's rules in D1; publish-state.ts publishes them. Which of them are in force for a request:
// workers/recommending/rules.ts.

import type { Rule } from '../../models/contracts/rule.ts';

/** Oldest first. */
export async function readRules(db: D1Database): Promise<Rule[]> {
  const { results } = await db
    .prepare('select rule_id as ruleId, body from rules order by created_at, rule_id')
    .all<{ ruleId: string; body: string }>();
  return results.map(({ ruleId, body }) => ({ ruleId, ...JSON.parse(body) }));
}

/** Creates or replaces a rule; false if there would be more than `max`. `now`: epoch milliseconds. */
export async function putRule(db: D1Database, { ruleId, ...body }: Rule, max: number, now: number): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `insert into rules (rule_id, body, created_at) select ?1, ?2, ?3
       where (select count(*) from rules where rule_id <> ?1) < ?4
       on conflict do update set body = excluded.body`,
    )
    .bind(ruleId, JSON.stringify(body), now, max)
    .run();
  return meta.changes > 0;
}

/** False if there is no such rule. */
export async function deleteRule(db: D1Database, ruleId: string): Promise<boolean> {
  const { meta } = await db.prepare('delete from rules where rule_id = ?1').bind(ruleId).run();
  return meta.changes > 0;
}
