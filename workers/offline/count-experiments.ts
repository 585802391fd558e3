// Adds new exposures and events to the totals of the players of experiments, page by page, each once.

import type { Experiment } from '../../models/contracts/experiment.ts';
import { replaceUsers, type Tally } from '../../models/experiments/tally.ts';
import { addCredit, addEvent, isAfter } from '../../models/experiments/user-totals.ts';
import { readErasedAt, readErasureMark } from '../storage/erased-users.ts';
import { type CountedEvent, readLastRow, readNextEvents } from '../storage/experiment-events.ts';
import {
  type ExperimentUser,
  readCursor,
  readExperimentUsers,
  readPageNumber,
  readTally,
  writePage,
} from '../storage/experiment-totals.ts';
import { readRunningExperiments } from '../storage/experiments.ts';
import { readExposures, readTeams, type Teams } from '../storage/exposures.ts';
import type { LogShards } from '../storage/log-shards.ts';
import { addExposures, type Counted, type Cursor, nameUser } from './enter-players.ts';

const PAGE_EXPOSURES = 1_000;
const PAGE_EVENTS = 5_000;

/** The events of a page: they come after the cursor, and end at `lastRow`. */
interface ShardEvents extends Cursor {
  events: readonly CountedEvent[];
  lastRow: number;
  isComplete: boolean;
}

/**
 * Counts one page. Returns true if there may be more. Throws if another run writes at the same time; the next run goes
 * on. `now`: epoch milliseconds.
 */
export async function countPage(db: D1Database, shards: LogShards, now: number): Promise<boolean> {
  const number = await readPageNumber(db);
  const erasureMark = await readErasureMark(db);
  const { exposures, lastRow: exposuresUntil } = await readExposures(db, PAGE_EXPOSURES);
  // After the exposures, so that no experiment of theirs has been started since.
  const counted = listCounted(await readRunningExperiments(db));
  const byShard = await Promise.all(shards.map((database, shard) => readShard(db, database, shard)));
  const events = byShard.flatMap((one) => one.events);
  const userIds = [...new Set([...exposures, ...events].map(({ userId }) => userId))];
  const before = new Map((await readExperimentUsers(db, userIds)).map((user) => [nameUser(user), user]));
  const after = new Map(before);
  await addExposures(exposures, after, shards, byShard, counted);
  const teams = await readTeams(db, [...new Set(events.flatMap(({ recommendationId }) => recommendationId ?? []))]);
  addEvents(events, after, teams, counted);
  const changed = [...after].filter(([name, user]) => before.get(name) !== user).map(([, user]) => user);
  const users = await omitErased(db, changed);
  const tallies = await computeTallies(db, users, before);
  const cursors = new Map(byShard.map(({ shard, lastRow }) => [shard, lastRow]));
  if (await writePage(db, { number, erasureMark, users, tallies, exposuresUntil, cursors }, now))
    return exposures.length === PAGE_EXPOSURES || byShard.some(({ isComplete }) => !isComplete);
  // A player was erased while the page was counted, which may have been of theirs.
  if ((await readErasureMark(db)) !== erasureMark) return true;
  throw new Error('another run counts experiments at the same time');
}

const listCounted = (running: readonly Experiment[]): Counted =>
  new Map(
    running.map(({ experimentId, stoppedVariants }) => [experimentId, new Set(stoppedVariants.map(({ id }) => id))]),
  );

/** Leaves out players who were erased since their exposure. */
async function omitErased(db: D1Database, users: readonly ExperimentUser[]): Promise<readonly ExperimentUser[]> {
  const erasedAt = await readErasedAt(db, [...new Set(users.map(({ userId }) => userId))]);
  return users.filter(({ userId, totals }) => (erasedAt.get(userId) ?? Number.NEGATIVE_INFINITY) < totals.exposedAt);
}

/** Before the first page, nothing is to be counted but what new players did: addExposures reads that. */
async function readShard(db: D1Database, database: D1Database, shard: number): Promise<ShardEvents> {
  const cursor = await readCursor(db, shard);
  if (cursor !== undefined) return { shard, cursor, ...(await readNextEvents(database, cursor, PAGE_EVENTS)) };
  const lastRow = await readLastRow(database);
  return { shard, cursor: lastRow, events: [], lastRow, isComplete: true };
}

function addEvents(
  events: readonly CountedEvent[],
  users: Map<string, ExperimentUser>,
  teams: ReadonlyMap<string, Teams>,
  counted: Counted,
): void {
  for (const event of events)
    for (const [experimentId, stopped] of counted) {
      const name = nameUser({ experimentId, userId: event.userId });
      const user = users.get(name);
      if (user === undefined || stopped.has(user.totals.variant) || !isAfter(user.totals.exposedAt, event)) continue;
      const totals = { ...user.totals, after: addEvent(user.totals.after, event) };
      const team = findTeam(event, experimentId, teams);
      users.set(name, { ...user, totals: team === undefined ? totals : addCredit(totals, team) });
    }
}

/** The variant that gets the credit of a click; undefined if none does. */
function findTeam(
  { type, itemId, recommendationId }: CountedEvent,
  experimentId: string,
  teams: ReadonlyMap<string, Teams>,
): string | undefined {
  const row =
    type === 'click' && itemId !== null && recommendationId !== null ? teams.get(recommendationId) : undefined;
  if (row === undefined || row.experimentId !== experimentId) return undefined;
  return Object.keys(row.teams).find((variant) => row.teams[variant]!.includes(itemId!));
}

async function computeTallies(
  db: D1Database,
  users: readonly ExperimentUser[],
  before: ReadonlyMap<string, ExperimentUser>,
): Promise<Map<string, Tally>> {
  const changed = Map.groupBy(users, ({ experimentId }) => experimentId);
  const tallies = await Promise.all(
    Array.from(changed, async ([experimentId, own]) => {
      const changes = own.map((user) => ({ before: before.get(nameUser(user))?.totals, after: user.totals }));
      return [experimentId, replaceUsers(await readTally(db, experimentId), changes)] as const;
    }),
  );
  return new Map(tallies);
}
