// The effects of experiments on answers, as the queue `slates` brings them: exposures, which wait here until the job
// `watch-experiments` has added them to the players' totals; comparisons of shadows; and interleaved rows.

import type { Exposure } from '../../models/contracts/experiment.ts';
import type { RecordedAnswer, SlateMessage } from '../../models/contracts/slate.ts';
import { portionsOf } from './parameters.ts';

/** The effects that one message brings. */
export interface ReceivedEffects extends Pick<SlateMessage, 'shadows'> {
  answers: readonly Pick<RecordedAnswer, 'exposures' | 'interleaved'>[];
  id: string;
  /** Epoch milliseconds. */
  sentAt: number;
}

/** Statements that store the effects of those messages whose ids are in `newIds`, an SQL subquery. */
export function storeEffects(
  db: D1Database,
  messages: readonly ReceivedEffects[],
  newIds: string,
): D1PreparedStatement[] {
  const answers = messages.flatMap(({ id, sentAt, answers }) => answers.map((answer) => ({ ...answer, id, sentAt })));
  const exposures = answers.flatMap(({ id, exposures = [] }) =>
    exposures.map((exposure) => [id, exposure.experimentId, exposure.userId, JSON.stringify(exposure), exposure.at]),
  );
  const shadows = messages.flatMap(({ id, shadows = [] }) =>
    shadows.map(({ experimentId, variant, failed, overlap, shownValue, shadowValue }) => {
      const isValued = shownValue !== null && shadowValue !== null;
      return [
        ...[id, experimentId, variant, Number(failed), overlap],
        ...(isValued ? [1, shownValue, shadowValue] : [0, 0, 0]),
      ];
    }),
  );
  const interleaved = answers.flatMap(({ id, sentAt, interleaved = [] }) =>
    interleaved.map(({ recommendationId, experimentId, teams }) => [
      ...[id, recommendationId, experimentId, JSON.stringify(teams), sentAt],
    ]),
  );
  const insert = (rows: readonly unknown[][], sql: string) =>
    rows.length === 0 ? [] : [db.prepare(sql).bind(JSON.stringify(rows))];
  const isNew = `from json_each(?1) where value->>0 in ${newIds}`;
  return [
    ...insert(
      exposures,
      `insert into exposures (experiment_id, user_id, body, at)
       select value->>1, value->>2, value->>3, value->>4 ${isNew}`,
    ),
    ...insert(
      shadows,
      `insert into experiment_shadows
         (experiment_id, variant, answers, failed, overlap, valued, shown_value, shadow_value)
       select value->>1, value->>2, count(*), sum(value->>3), sum(value->>4), sum(value->>5), sum(value->>6),
         sum(value->>7) ${isNew} group by 1, 2
       on conflict do update set answers = answers + excluded.answers, failed = failed + excluded.failed,
         overlap = overlap + excluded.overlap, valued = valued + excluded.valued,
         shown_value = shown_value + excluded.shown_value, shadow_value = shadow_value + excluded.shadow_value`,
    ),
    ...insert(
      interleaved,
      `insert into interleaved_rows (recommendation_id, experiment_id, teams, at)
       select value->>1, value->>2, value->>3, value->>4 ${isNew} on conflict do nothing`,
    ),
  ];
}

/** Exposures that wait, oldest first. */
export async function readExposures(
  db: D1Database,
  limit: number,
): Promise<{ exposures: Exposure[]; lastRow: number }> {
  const { results } = await db
    .prepare('select "row", body from exposures order by "row" limit ?1')
    .bind(limit)
    .all<{ row: number; body: string }>();
  return { exposures: results.map(({ body }) => JSON.parse(body)), lastRow: results.at(-1)?.row ?? 0 };
}

export async function hasExposures(db: D1Database): Promise<boolean> {
  return (await db.prepare('select 1 from exposures limit 1').first()) !== null;
}

export interface Teams {
  experimentId: string;
  /** Ids of the items that each variant put into the row, by variant. */
  teams: Readonly<Record<string, readonly string[]>>;
}

/** By recommendation id; answers without an interleaved row are missing. */
export async function readTeams(db: D1Database, recommendationIds: readonly string[]): Promise<Map<string, Teams>> {
  const found = new Map<string, Teams>();
  for (const { json } of portionsOf(recommendationIds, (id) => id)) {
    const { results } = await db
      .prepare(
        `select recommendation_id as recommendationId, experiment_id as experimentId, teams from interleaved_rows
         where recommendation_id in (select value from json_each(?1))`,
      )
      .bind(json)
      .all<{ recommendationId: string; experimentId: string; teams: string }>();
    for (const { recommendationId, experimentId, teams } of results)
      found.set(recommendationId, { experimentId, teams: JSON.parse(teams) });
  }
  return found;
}
