// Experiments in D1; publish-state.ts publishes those that run.

import { EXPERIMENTS_MAX, type Experiment } from '../../models/contracts/experiment.ts';

const ATTEMPTS_MAX = 5;

/** An experiment with the number of its changes, for writers. */
export interface StoredExperiment {
  experiment: Experiment;
  revision: number;
}

interface Row {
  experimentId: string;
  body: string;
  state: Experiment['state'];
  revision: number;
}

const COLUMNS = 'experiment_id as experimentId, body, state, revision';

const toStored = ({ experimentId, body, state, revision }: Row): StoredExperiment => ({
  experiment: { experimentId, state, ...JSON.parse(body) },
  revision,
});

/** Oldest first; only those of a state, if given. */
export async function readExperiments(db: D1Database, state?: Experiment['state']): Promise<StoredExperiment[]> {
  const { results } = await db
    .prepare(`select ${COLUMNS} from experiments where ?1 is null or state = ?1 order by created_at, experiment_id`)
    .bind(state ?? null)
    .all<Row>();
  return results.map(toStored);
}

/** Oldest first. */
export const readRunningExperiments = async (db: D1Database): Promise<Experiment[]> =>
  (await readExperiments(db, 'running')).map(({ experiment }) => experiment);

/** Undefined if there is none. */
export async function readExperiment(db: D1Database, experimentId: string): Promise<StoredExperiment | undefined> {
  const row = await db
    .prepare(`select ${COLUMNS} from experiments where experiment_id = ?1`)
    .bind(experimentId)
    .first<Row>();
  return row === null ? undefined : toStored(row);
}

/**
 * Creates it (`revision` undefined) or replaces that revision. False if it exists already or has changed since, or if
 * there would be more than `max`. `now`: epoch milliseconds.
 */
export async function writeExperiment(
  db: D1Database,
  { experimentId, state, ...body }: Experiment,
  revision: number | undefined,
  max: number,
  now: number,
): Promise<boolean> {
  const statement =
    revision === undefined
      ? db
          .prepare(
            `insert into experiments (experiment_id, body, state, revision, created_at) select ?1, ?2, ?3, 1, ?4
             where (select count(*) from experiments) < ?5 on conflict do nothing`,
          )
          .bind(experimentId, JSON.stringify(body), state, now, max)
      : db
          .prepare(
            `update experiments set body = ?2, state = ?3, revision = revision + 1
             where experiment_id = ?1 and revision = ?4`,
          )
          .bind(experimentId, JSON.stringify(body), state, revision);
  return (await statement.run()).meta.changes > 0;
}

/**
 * Stores a started experiment in place of that revision. False if it has changed since, or if one runs that was not
 * read: what was decided by the others no longer holds.
 */
export async function writeStarted(
  db: D1Database,
  { experimentId, state, ...body }: Experiment,
  revision: number,
  running: readonly StoredExperiment[],
): Promise<boolean> {
  const read = running.map((other) => [other.experiment.experimentId, other.revision]);
  const { meta } = await db
    .prepare(
      `update experiments set body = ?2, state = ?3, revision = revision + 1
       where experiment_id = ?1 and revision = ?4
         and not exists (
           select 1 from experiments
           where state = 'running' and json_array(experiment_id, revision) not in (select value from json_each(?5)))`,
    )
    .bind(experimentId, JSON.stringify(body), state, revision, JSON.stringify(read))
    .run();
  return meta.changes > 0;
}

/**
 * Changes it, again if another writer was faster. False if `change` returns the experiment itself, or there is none.
 * Throws if others keep changing it.
 */
export async function changeExperiment(
  db: D1Database,
  experimentId: string,
  change: (experiment: Experiment) => Experiment,
): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    const stored = await readExperiment(db, experimentId);
    if (stored === undefined) return false;
    const changed = change(stored.experiment);
    if (changed === stored.experiment) return false;
    if (await writeExperiment(db, changed, stored.revision, EXPERIMENTS_MAX, 0)) return true;
  }
  throw new Error(`the experiment ${experimentId} is being changed by others`);
}

/** Tables with results of experiments. */
const RESULTS = ['experiment_users', 'experiment_days', 'experiment_shadows', 'exposures', 'interleaved_rows'];

/** Deletes it with its results. False if there is none, or it runs. */
export async function deleteExperiment(db: D1Database, experimentId: string): Promise<boolean> {
  const isGone = 'not exists (select 1 from experiments where experiment_id = ?1)';
  const [deleted] = await db.batch([
    db.prepare("delete from experiments where experiment_id = ?1 and state <> 'running'").bind(experimentId),
    ...RESULTS.map((table) =>
      db.prepare(`delete from ${table} where experiment_id = ?1 and ${isGone}`).bind(experimentId),
    ),
  ]);
  return deleted!.meta.changes > 0;
}

/** Variants that were stopped since a time (epoch milliseconds), as EXPERIMENT:VARIANT, the newest first. */
export async function listStoppedVariants(db: D1Database, since: number): Promise<string[]> {
  const { results } = await db
    .prepare(
      `select experiment_id || ':' || (stopped.value->>'id') as name
       from experiments, json_each(body, '$.stoppedVariants') as stopped
       where state <> 'draft' and stopped.value->>'at' >= ?1 order by stopped.value->>'at' desc`,
    )
    .bind(new Date(since).toISOString())
    .all<{ name: string }>();
  return results.map(({ name }) => name);
}
