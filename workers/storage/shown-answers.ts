// What metrics need to know of an answer when events react to it. Kept for two days, under a hash of the answer's id:
// nothing here leads to a player.

import type { RecordedAnswer, SlatelessAnswer } from '../../models/contracts/slate.ts';
import { hashUniform } from '../../models/features/rng.ts';
import { portionsOf } from './parameters.ts';

export interface ShownAnswer {
  /** Null if no release was in use. */
  release: string | null;
  country: string | null;
  platform: string | null;
  /** EXPERIMENT:VARIANT, of each experiment that made a difference. */
  variants: string[];
  /** Kind and first position of each row, in order. */
  rows: [kind: string, position: number][];
}

/** 53 bits: of ten million answers, two have the same with a probability of half a percent. */
const hashAnswer = (recommendationId: string): number =>
  (hashUniform(`answer ${recommendationId}`) % 2 ** 21) * 2 ** 32 + hashUniform(recommendationId);

export const nameVariant = ({ experimentId, variant }: { experimentId: string; variant: string }): string =>
  `${experimentId}:${variant}`;

type Shown = Pick<RecordedAnswer, 'rows' | 'exposures'> & {
  answer: SlatelessAnswer;
};

/** A statement that stores answers; one that is stored already stays. */
export function insertShownAnswers(db: D1Database, answers: readonly Shown[]): D1PreparedStatement {
  const rows = answers.map(({ answer, rows: shown = [], exposures = [] }) => [
    ...[hashAnswer(answer.recommendationId), answer.shownAt, answer.release, answer.country, answer.platform],
    ...[JSON.stringify(exposures.map(nameVariant)), JSON.stringify(shown)],
  ]);
  return db
    .prepare(
      `insert into shown_answers (answer, shown_at, release, country, platform, variants, rows)
       select value->>0, value->>1, value->>2, value->>3, value->>4, value->>5, value->>6
       from json_each(?1) where true on conflict do nothing`,
    )
    .bind(JSON.stringify(rows));
}

/** The answers that are known, by their ids. */
export async function readShownAnswers(
  db: D1Database,
  recommendationIds: readonly string[],
): Promise<ReadonlyMap<string, ShownAnswer>> {
  const byHash = new Map(recommendationIds.map((id) => [hashAnswer(id), id]));
  const found = new Map<string, ShownAnswer>();
  for (const { json } of portionsOf([...byHash.keys()], (hash) => hash)) {
    const { results } = await db
      .prepare(
        `select answer, release, country, platform, variants, rows from shown_answers
         where answer in (select value from json_each(?1))`,
      )
      .bind(json)
      .all<{ answer: number; variants: string; rows: string } & Omit<ShownAnswer, 'variants' | 'rows'>>();
    for (const { answer, variants, rows, ...known } of results)
      found.set(byHash.get(answer)!, { ...known, variants: JSON.parse(variants), rows: JSON.parse(rows) });
  }
  return found;
}
