// The results of an experiment so far, for its report.

import type { PreferenceMoments } from '../../models/experiments/preference.ts';
import { listMoments } from '../../models/experiments/tally.ts';
import type { VariantMoments } from '../../models/experiments/variant-moments.ts';

/** Sums of the comparisons of a shadow with the answers that were shown. */
export interface ShadowSums {
  variant: string;
  answers: number;
  failed: number;
  /** Sum of the shares of the first row that both had. */
  overlap: number;
  /** Answers that a model gave values for, and sums of the mean expected utilities of the first rows. */
  valued: number;
  shownValue: number;
  shadowValue: number;
}

/** The sums over users as they were at the end of each UTC day, the last one's as they are; oldest first. */
export async function readDays(
  db: D1Database,
  experimentId: string,
): Promise<{ date: string; moments: VariantMoments[] }[]> {
  const { results } = await db
    .prepare(
      `select date("day" * 86400, 'unixepoch') as date, tally from experiment_days
       where experiment_id = ?1 order by "day"`,
    )
    .bind(experimentId)
    .all<{ date: string; tally: string }>();
  return results.map(({ date, tally }) => ({ date, moments: listMoments(JSON.parse(tally)) }));
}

export async function readShadows(db: D1Database, experimentId: string): Promise<ShadowSums[]> {
  const { results } = await db
    .prepare(
      `select variant, answers, failed, overlap, valued, shown_value as shownValue, shadow_value as shadowValue
       from experiment_shadows where experiment_id = ?1 order by variant`,
    )
    .bind(experimentId)
    .all<ShadowSums>();
  return results;
}

/** Clicks on interleaved rows, by players; it reads all players of the experiment. */
export async function readPreferences(
  db: D1Database,
  experimentId: string,
  [control, variant]: readonly [string, string],
): Promise<PreferenceMoments> {
  const credit = (parameter: string) => `coalesce(totals -> '$.credits' ->> ${parameter}, 0)`;
  const row = await db
    .prepare(
      `with credited as (
         select ${credit('?2')} as control, ${credit('?3')} as other from experiment_users where experiment_id = ?1
       ), preferred as (
         select control + other as clicks, cast(other - control as real) / (control + other) as preference
         from credited where control + other > 0
       )
       select count(*) as users, coalesce(sum(clicks), 0) as clicks, coalesce(sum(preference), 0) as "sum",
         coalesce(sum(preference * preference), 0) as squares, count(*) filter (where preference > 0) as wins,
         count(*) filter (where preference < 0) as losses from preferred`,
    )
    .bind(experimentId, control, variant)
    .first<PreferenceMoments>();
  return row!;
}
