// Adds new exposures and events to the totals of the players of experiments, page by page, each once.

import type { Exposure } from '../../models/contracts/experiment.ts';
import { replaceUsers, type Tally } from '../../models/experiments/tally.ts';
import {
  addCredit,
  addEvent,
  addExposure,
  BEFORE_DAYS,
  NO_EVENTS,
  startUser,
  type UserTotals,
} from '../../models/experiments/user-totals.ts';
import { type CountedEvent, readEventsOf, readLastRow, readNextEvents } from '../storage/experiment-events.ts';
import {
  type ExperimentUser,
  readCursor,
  readExperimentUsers,
  readPageNumber,
  readTally,
  writePage,
} from '../storage/experiment-totals.ts';
import { readExposures, readTeams, type Teams } from '../storage/exposures.ts';
import type { LogShards } from '../storage/log-shards.ts';

const DAY_MS = 86_400_000;
const PAGE_EXPOSURES = 1_000;
const PAGE_EVENTS = 5_000;

/** The experiments whose players' totals still grow, and those of their variants that a guardrail stopped. */
export type Counted = ReadonlyMap<string, ReadonlySet<string>>;

interface ShardEvents {
  shard: number;
  /** The page's events come after this row, and end at `lastRow`. */
  cursor: number;
  events: readonly CountedEvent[];
  lastRow: number;
  isComplete: boolean;
}

/**
 * Counts one page. Returns true if there may be more. Throws if another run writes at the same time; the next run goes
 * on. `now`: epoch milliseconds.
 */
export async function countPage(db: D1Database, shards: LogShards, counted: Counted, now: number): Promise<boolean> {
  const number = await readPageNumber(db);
  const { exposures, lastRow: exposuresUntil } = await readExposures(db, PAGE_EXPOSURES);
  const byShard = await Promise.all(shards.map((database, shard) => readShard(db, database, shard)));
  const events = byShard.flatMap((one) => one.events);
  const userIds = [...new Set([...exposures, ...events].map(({ userId }) => userId))];
  const before = new Map((await readExperimentUsers(db, userIds)).map((user) => [nameUser(user), user]));
  const after = new Map(before);
  await addExposures(exposures, after, shards, byShard, counted);
  const teams = await readTeams(db, [...new Set(events.flatMap(({ recommendationId }) => recommendationId ?? []))]);
  addEvents(events, after, teams, counted);
  const users = [...after].filter(([name, user]) => before.get(name) !== user).map(([, user]) => user);
  const tallies = await computeTallies(db, users, before);
  const cursors = new Map(byShard.map(({ shard, lastRow }) => [shard, lastRow]));
  if (!(await writePage(db, { number, users, tallies, exposuresUntil, cursors }, now)))
    throw new Error('another run counts experiments at the same time');
  return exposures.length === PAGE_EXPOSURES || byShard.some(({ isComplete }) => !isComplete);
}

const nameUser = ({ experimentId, userId }: Pick<ExperimentUser, 'experimentId' | 'userId'>): string =>
  `${experimentId} ${userId}`;

/** Before the first page, nothing is to be counted but what new players did: addExposures reads that. */
async function readShard(db: D1Database, database: D1Database, shard: number): Promise<ShardEvents> {
  const cursor = await readCursor(db, shard);
  if (cursor !== undefined) return { shard, cursor, ...(await readNextEvents(database, cursor, PAGE_EVENTS)) };
  const lastRow = await readLastRow(database);
  return { shard, cursor: lastRow, events: [], lastRow, isComplete: true };
}

/** A new player's earlier events are read from the log, those between the exposure and the cursor included. */
async function addExposures(
  exposures: readonly Exposure[],
  users: Map<string, ExperimentUser>,
  shards: LogShards,
  cursors: readonly Pick<ShardEvents, 'shard' | 'cursor'>[],
  counted: Counted,
): Promise<void> {
  const known = exposures.filter(({ experimentId }) => counted.has(experimentId));
  const first = new Map<string, Exposure>();
  for (const exposure of known) {
    const name = nameUser(exposure);
    const other = first.get(name);
    if (!users.has(name) && (other === undefined || exposure.at < other.at)) first.set(name, exposure);
  }
  const history = await readHistory([...first.values()], shards, cursors);
  for (const [name, exposure] of first) {
    const { experimentId, userId } = exposure;
    users.set(name, { experimentId, userId, totals: startFrom(exposure, history.get(userId) ?? []) });
  }
  for (const exposure of known) {
    const name = nameUser(exposure);
    const user = users.get(name)!;
    // The evidence against a stopped variant stays, though its players see the control.
    if (counted.get(user.experimentId)!.has(user.totals.variant)) continue;
    users.set(name, { ...user, totals: addExposure(user.totals, exposure) });
  }
}

async function readHistory(
  exposures: readonly Exposure[],
  shards: LogShards,
  cursors: readonly Pick<ShardEvents, 'shard' | 'cursor'>[],
): Promise<ReadonlyMap<string, CountedEvent[]>> {
  const history = new Map<string, CountedEvent[]>();
  if (exposures.length === 0) return history;
  const userIds = [...new Set(exposures.map(({ userId }) => userId))];
  const since = Math.min(...exposures.map(({ at }) => at)) - BEFORE_DAYS * DAY_MS;
  const found = await Promise.all(
    cursors.map(({ shard, cursor }) => readEventsOf(shards[shard]!, userIds, since, cursor)),
  );
  for (const event of found.flat()) {
    const own = history.get(event.userId);
    if (own === undefined) history.set(event.userId, [event]);
    else own.push(event);
  }
  return history;
}

function startFrom(exposure: Exposure, events: readonly CountedEvent[]): UserTotals {
  const since = exposure.at - BEFORE_DAYS * DAY_MS;
  const sum = (some: readonly CountedEvent[]) => some.reduce(addEvent, NO_EVENTS);
  return startUser(
    exposure,
    sum(events.filter(({ receivedAt }) => receivedAt >= since && receivedAt < exposure.at)),
    sum(events.filter(({ receivedAt }) => receivedAt >= exposure.at)),
  );
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
      if (user === undefined || stopped.has(user.totals.variant) || event.receivedAt < user.totals.exposedAt) continue;
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
