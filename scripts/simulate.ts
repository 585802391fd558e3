// `npm run simulate`: the closed loop. Players with known preferences visit a store over HTTP under four policies at
// once; between rounds the models train on what the players did. The rest of the system runs as under `npm start`.

import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { countRows } from '../models/contracts/snapshot.ts';
import { cronOf } from '../workers/storage/job-schedule.ts';
import { type LogShards, listLogShards } from '../workers/storage/log-shards.ts';
import { lastSequenceOf, readSnapshotOrEmpty } from '../workers/storage/snapshots.ts';
import { openExperimentClient } from './experiments/call.ts';
import { ensureDevelopmentKey } from './local/development-key.ts';
import { findFreePort } from './local/local-server.ts';
import { withPlatform } from './local/platform.ts';
import { PROJECT_DIR } from './local/project.ts';
import { assertNotServed, markServed } from './local/state-lock.ts';
import { startWatchedServer, type WatchedServer } from './local/watched-server.ts';
import { openReleaseClient } from './releases/call.ts';
import { publishUnranked, tryRelease } from './simulate/canary.ts';
import { createSimulateCommand, type Flags, PLAYERS_MAX } from './simulate/command.ts';
import { askQuestions } from './simulate/experiments.ts';
import { formatExperiments } from './simulate/format-experiments.ts';
import { conclude, formatOutcome, formatRound, type RoundReport, summarise } from './simulate/report.ts';
import { type RoundPlan, runRound } from './simulate/round.ts';
import { openStore, type Store } from './simulate/store.ts';
import { prepareStore } from './start/prepare-store.ts';
import { readScript } from './start/run-script.ts';
import { runCommand } from './terminal/command.ts';
import { formatDuration } from './terminal/duration.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { createProgress } from './terminal/progress.ts';
import { handleSignals, INTERRUPTED, type Shutdown } from './terminal/shutdown.ts';
import { makeGames } from './world/catalogue.ts';

const DEFAULT_STATE_DIR = path.join(PROJECT_DIR, '.wrangler/simulation');
const TRAINING_BUDGET = '20s';
const DRAIN_TIMEOUT_MS = 120_000;
const RELEASE_TIMEOUT_MS = 120_000;
const POLL_MS = 1_000;

async function simulate(flags: Flags): Promise<void> {
  const shutdown = handleSignals(INTERRUPTED);
  const printJson = flags.json ? reserveStdout() : undefined;
  try {
    const simulation = await openSimulation(flags, shutdown);
    const rounds: RoundReport[] = [];
    for (let round = 1; round <= flags.rounds; round++) {
      const report = await simulateRound(simulation, flags, round);
      rounds.push(report);
      if (printJson === undefined) console.log(`${formatRound(report)}\n`);
    }
    await waitUntilLogged(simulation);
    const outcome = conclude(rounds);
    if (printJson === undefined) console.log(`${formatOutcome(outcome)}\n`);
    const experiments = flags.experiments ? await simulateExperiments(simulation, flags) : undefined;
    const { seed, players, visits } = flags;
    if (printJson) printJson({ seed, players, visits, rounds, outcome, experiments });
    else if (experiments) console.log(formatExperiments(experiments));
    await shutdown.exit(0);
  } catch (error) {
    // Children ended by the shutdown fail too; that is expected.
    if (!shutdown.started) console.error(`simulate: ${(error as Error).message}`);
    await shutdown.exit(1);
  }
}

/** The folder of the store, without a store in it. */
function chooseState(given: string | undefined): string {
  const state = given ?? DEFAULT_STATE_DIR;
  assertNotServed(state);
  if (given === undefined) rmSync(state, { recursive: true, force: true });
  else if (existsSync(path.join(state, 'v3'))) throw new Error(`${state} has a store already: name another folder`);
  return state;
}

interface Simulation {
  state: string;
  server: WatchedServer;
  /** May do everything. */
  key: string;
  store: Store;
  games: RoundPlan['games'];
  /** The expected contents of the log once all accepted events have arrived. */
  logged: Logged;
  shutdown: Shutdown;
}

async function openSimulation({ seed, ...flags }: Flags, shutdown: Shutdown): Promise<Simulation> {
  const state = chooseState(flags.state);
  const key = ensureDevelopmentKey(console.error);
  const now = Date.now();
  const { events } = await prepareStore(shutdown, { state, world: { seed, madeAt: now, now } });
  shutdown.add(markServed(state));
  const server = startWatchedServer(await findFreePort(), state, { key, report: console.error });
  shutdown.add(server.stop);
  await server.ready;
  const logged = { events, slates: 0 };
  return { state, server, key, store: openStore(server.url, key), games: makeGames(seed, now), logged, shutdown };
}

async function simulateRound(simulation: Simulation, flags: Flags, round: number): Promise<RoundReport> {
  const { store, games, logged } = simulation;
  const { seed, players, visits } = flags;
  const { version, ranking } = await trainOnLog(simulation);
  const progress = createProgress();
  const startedAt = performance.now();
  const onProgress = (share: number) => {
    const left = ((performance.now() - startedAt) * (1 - share)) / share;
    progress.update(`round ${round} · ${Math.round(100 * share)}% · ${formatDuration(left)} left`);
  };
  const tallies = await runRound({ store, games, seed, round, players, visits, now: Date.now(), onProgress });
  progress.end();
  const report = summarise({ round, release: version, ranking, eventsBefore: logged.events }, tallies);
  logged.events += report.events;
  logged.slates += tallies.full.reduce((sum, { pages }) => sum + pages, 0);
  return report;
}

/** After a training on what the rounds have left. */
async function simulateExperiments(simulation: Simulation, { seed, visits, rounds }: Flags) {
  const { state, server, store, key, games } = simulation;
  await trainOnLog(simulation);
  const progress = createProgress();
  const plan = {
    ...{ store, games, seed, visits, playersMax: PLAYERS_MAX, now: Date.now() },
    gameOf: new Map(games.map((game) => [game.item.itemId, game])),
    round: rounds + 1,
    experiments: openExperimentClient(server.url, key),
    releases: openReleaseClient(server.url, key),
    watch: () => server.runCron(cronOf('watch-experiments')),
    onProgress: (step: string) => progress.update(step),
  };
  const version = await withPlatform(state, ({ BUCKET }) => publishUnranked(BUCKET, Date.now()));
  const canary = version === undefined ? [] : [await tryRelease({ ...plan, round: rounds + 100 }, version)];
  const outcomes = [...canary, ...(await askQuestions(plan))];
  progress.end();
  return outcomes;
}

interface Logged {
  events: number;
  slates: number;
}

/**
 * Trains on everything logged and waits until the release serves. Returns its version and a description of its ranking
 * model.
 */
async function trainOnLog(simulation: Simulation) {
  const { state, server, store, shutdown } = simulation;
  await waitUntilLogged(simulation);
  console.error('Computing statistics and exporting a snapshot …');
  for (const job of ['refresh-statistics', 'export-snapshot'] as const) await server.runCron(cronOf(job));
  console.error('Training …');
  const flags = ['--state', state, '--budget', TRAINING_BUDGET, '--json', '--force'];
  const { version, ranker } = await readScript<{
    version: string;
    ranker: { outcome: 'trained' | 'kept' | 'none'; reason: string };
  }>(shutdown, 'train.ts', flags);
  await waitUntilServed(store, version);
  return { version, ranking: ranker.outcome === 'none' ? null : `ranking model ${ranker.outcome}: ${ranker.reason}` };
}

/** Throws if accepted events do not arrive in the log. */
async function waitUntilLogged({ state, logged: { events, slates } }: Simulation): Promise<void> {
  const deadline = Date.now() + DRAIN_TIMEOUT_MS;
  await withPlatform(state, async (platform) => {
    const { DB, BUCKET } = platform;
    for (;;) {
      const loggedEvents = await countEvents(listLogShards(platform), BUCKET);
      const loggedSlates = (await DB.prepare('select sum(seen) as n from slate_counts').first<number>('n')) ?? 0;
      if (loggedEvents === events && loggedSlates === slates) return;
      if (Date.now() > deadline)
        throw new Error(
          `the log has ${loggedEvents} of ${events} events and ${loggedSlates} of ${slates} slates; ` +
            `see ${state}/wrangler.log`,
        );
      await sleep(POLL_MS);
    }
  });
}

/** Those that the snapshot holds, and the later ones in D1. */
async function countEvents(shards: LogShards, bucket: R2Bucket): Promise<number> {
  const snapshot = await readSnapshotOrEmpty(bucket);
  let events = countRows(snapshot.events);
  for (const [shard, database] of shards.entries()) {
    const later = database.prepare('select count(*) as n from events where sequence > ?1');
    events += (await later.bind(lastSequenceOf(snapshot, shard)).first<number>('n')) ?? 0;
  }
  return events;
}

async function waitUntilServed(store: Store, version: string): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  while ((await store.readRelease()) !== version) {
    if (Date.now() > deadline) throw new Error(`the release ${version} is published but not in use`);
    await sleep(POLL_MS);
  }
}

await runCommand(createSimulateCommand().action(simulate));
