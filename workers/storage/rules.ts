// The store's rules in D1. Which of them are in force for a request: workers/recommending/rules.ts.

import type { Rule } from '../../models/contracts/rule.ts';

export interface RuleSet {
  revision: number;
  rules: Rule[];
}

const TOUCH = `insert into rules_state (id, revision) values (1, 1)
  on conflict do update set revision = revision + 1 returning revision`;

/** All rules, the oldest first; `previous` if nothing has changed since. */
export async function readRules(db: D1Database, previous: RuleSet | undefined): Promise<RuleSet> {
  const revision = (await db.prepare('select revision from rules_state where id = 1').first<number>('revision')) ?? 0;
  if (previous?.revision === revision) return previous;
  const { results } = await db
    .prepare('select rule_id as ruleId, body from rules order by created_at, rule_id')
    .all<{ ruleId: string; body: string }>();
  return { revision, rules: results.map(({ ruleId, body }) => ({ ruleId, ...JSON.parse(body) })) };
}

/** Creates or replaces a rule; false if there would be more than `max`. `now`: epoch milliseconds. */
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

/** False if there is no such rule. */
export async function deleteRule(db: D1Database, ruleId: string): Promise<boolean> {
  const [deleted] = await db.batch([
    db.prepare('delete from rules where rule_id = ?1').bind(ruleId),
    db.prepare(TOUCH),
  ]);
  return deleted!.meta.changes > 0;
}
