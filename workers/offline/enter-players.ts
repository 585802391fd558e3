// Adds exposures to the totals of the players of experiments. A new player's earlier events come from the log, those
// between the exposure and the cursor included; later ones are count-experiments.ts's.

import type { Exposure } from '../../models/contracts/experiment.ts';
import { addEvent, addExposure, NO_EVENTS, startUser } from '../../models/experiments/user-totals.ts';
import { type EventSum, sumEvents } from '../storage/experiment-events.ts';
import type { ExperimentUser } from '../storage/experiment-totals.ts';
import type { LogShards } from '../storage/log-shards.ts';

/** The experiments whose players' totals still grow, and those of their variants that a guardrail stopped. */
export type Counted = ReadonlyMap<string, ReadonlySet<string>>;

/** A database of the log, and the last of its rows whose event is in the totals. */
export interface Cursor {
  shard: number;
  cursor: number;
}

export const nameUser = ({ experimentId, userId }: Pick<ExperimentUser, 'experimentId' | 'userId'>): string =>
  `${experimentId} ${userId}`;

/** `users`: by `nameUser`; players who are new are added. */
export async function addExposures(
  exposures: readonly Exposure[],
  users: Map<string, ExperimentUser>,
  shards: LogShards,
  cursors: readonly Cursor[],
  counted: Counted,
): Promise<void> {
  const known = exposures.filter(({ experimentId }) => counted.has(experimentId));
  for (const user of await enterPlayers(findFirst(known, users), shards, cursors)) users.set(nameUser(user), user);
  for (const exposure of known) {
    const name = nameUser(exposure);
    const user = users.get(name)!;
    // The evidence against a stopped variant stays, though its players see the control.
    if (counted.get(user.experimentId)!.has(user.totals.variant)) continue;
    users.set(name, { ...user, totals: addExposure(user.totals, exposure) });
  }
}

/** The first exposures of those who have no totals yet. */
function findFirst(exposures: readonly Exposure[], users: ReadonlyMap<string, ExperimentUser>): Exposure[] {
  const first = new Map<string, Exposure>();
  for (const exposure of exposures) {
    const name = nameUser(exposure);
    const other = first.get(name);
    if (!users.has(name) && (other === undefined || exposure.at < other.at)) first.set(name, exposure);
  }
  return [...first.values()];
}

async function enterPlayers(
  first: readonly Exposure[],
  shards: LogShards,
  cursors: readonly Cursor[],
): Promise<ExperimentUser[]> {
  const players = first.map(({ userId, at }) => ({ userId, exposedAt: at }));
  const found = await Promise.all(cursors.map(({ shard, cursor }) => sumEvents(shards[shard]!, players, cursor)));
  const sums = Map.groupBy(found.flat(), ({ player }) => player);
  return first.map((exposure, index) => {
    const own = sums.get(players[index]!) ?? [];
    const add = (some: readonly EventSum[]) => some.reduce(addEvent, NO_EVENTS);
    const { experimentId, userId } = exposure;
    const [before, after] = [own.filter(({ isAfter }) => !isAfter), own.filter(({ isAfter }) => isAfter)];
    return { experimentId, userId, totals: startUser(exposure, add(before), add(after)) };
  });
}
