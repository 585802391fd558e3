// The store's rules in D1, and what an isolate holds of them. Which are in force for whom is workers/recommending/rules.ts.

import type { Rule } from '../../models/contracts/rule.ts';

export interface RuleSet {
  revision: number;
  rules: Rule[];
}

const TOUCH = `insert into rules_state (id, revision) values (1, 1)
  on conflict do update set revision = revision + 1 returning revision`;

/** All of them, the oldest first; `held` where nothing has changed since. */
export async function readRules(db: D1Database, held: RuleSet | undefined): Promise<RuleSet> {
  const revision = (await db.prepare('select revision from rules_state where id = 1').first<number>('revision')) ?? 0;
  if (held?.revision === revision) return held;
  const { results } = await db
    .prepare('select rule_id as ruleId, body from rules order by created_at, rule_id')
    .all<{ ruleId: string; body: string }>();
  return { revision, rules: results.map(({ ruleId, body }) => ({ ruleId, ...JSON.parse(body) })) };
}

/** Creates or replaces a rule; false where it would be one more than `max`. `now`: epoch milliseconds. */
export async function putRule(db: D1Database, { ruleId, ...body }: Rule, max: number, now: number): Promise<boolean> {
  const [written] = await db.batch([
    db
      .prepare(
        `insert into rules (rule_id, body, created_at) select ?1, ?2, ?3
         where (select count(*) from rules where rule_id <> ?1) < ?4
         on conflict do update set body = excluded.body`,
      )
      .bind(ruleId, JSON.stringify(body), now, max),
    db.prepare(TOUCH),
  ]);
  return written!.meta.changes > 0;
}

/** False where there is no such rule. */
export async function deleteRule(db: D1Database, ruleId: string): Promise<boolean> {
  const [deleted] = await db.batch([
    db.prepare('delete from rules where rule_id = ?1').bind(ruleId),
    db.prepare(TOUCH),
  ]);
  return deleted!.meta.changes > 0;
}
