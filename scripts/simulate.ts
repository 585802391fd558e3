// `npm run simulate`: the closed loop. Players with known tastes go to a store over HTTP, under three policies at once; in
// between the models learn from what they did. Everything else of the system runs as `npm start` runs it.

import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { cronOf } from '../workers/offline/jobs.ts';
import { ensureDevelopmentKey } from './local/development-key.ts';
import { findFreePort, type LocalServer, startLocalServer } from './local/local-server.ts';
import { PROJECT_DIR, withPlatform } from './local/platform.ts';
import { conclude, formatOutcome, formatRound, type RoundReport, summarise } from './simulate/report.ts';
import { runRound } from './simulate/round.ts';
import { openStore, type Store } from './simulate/store.ts';
import { assertNotServed, markServed } from './state-lock.ts';
import { formatDuration } from './terminal/duration.ts';
import { createProgress } from './terminal/progress.ts';
import { makeGames } from './world/catalogue.ts';
import { loadWorld } from './world/load.ts';

const HELP = `Lets players with known tastes use the store, and says what the recommendations are worth to them.

  npm run simulate [-- --players N] [--visits N] [--rounds N] [--seed N] [--json]

  --players N   of each policy and round (300); every round has new ones
  --visits N    of each player (4)
  --rounds N    between two of them the models are trained on all that happened (3)
  --seed N      of the world, the players and their dice, a whole number (1)
  --json        the report as JSON

A store of some 2,000 games and 3,000 players is made in .wrangler/simulation, which is thrown away first. Its models
are trained, then the players come: they look over a page from the top left, click, play, dismiss, come back, leave.
Each has a copy under each policy, with the same taste and the same dice:
  popularity  what is popular, the same for all
  retrieval   the retrieval model's order; for a newcomer what is popular
  full        the gallery as the product serves it
`;
const TRAINING_BUDGET = '20s';
const DRAIN_TIMEOUT_MS = 120_000;
const RELEASE_TIMEOUT_MS = 120_000;
const POLL_MS = 1_000;
/** As shells have it: 128 and the number of the signal. */
const INTERRUPTED = 130;

const run = promisify(execFile);
const pause = () => new Promise((resolve) => setTimeout(resolve, POLL_MS));

async function main(): Promise<void> {
  const flags = readFlags();
  if (flags.help) return console.log(HELP);
  const { seed, players, visits, rounds } = flags;
  const state = path.join(PROJECT_DIR, '.wrangler/simulation');
  assertNotServed(state);
  rmSync(state, { recursive: true, force: true });
  const key = ensureDevelopmentKey(say);
  const now = Date.now();
  const games = makeGames(seed, now);
  const before = await withPlatform(state, async ({ DB }) => (await loadWorld(DB, seed, now, say)).events);

  const unmark = markServed(state);
  const server = await startLocalServer(await findFreePort(), state);
  const end = async () => {
    await server.stop();
    unmark();
  };
  let ending = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      // npm passes on the Ctrl-C that the terminal has sent already.
      if (ending) return;
      ending = true;
      end().finally(() => process.exit(INTERRUPTED));
    });
  try {
    const store = openStore(server.url, key);
    const progress = createProgress();
    const reports: RoundReport[] = [];
    const expected: Logged = { events: before, slates: 0 };
    for (let round = 1; round <= rounds; round++) {
      const { version, ranking } = await learn(server, store, state, expected);
      const startedAt = performance.now();
      const tallies = await runRound({
        store,
        games,
        seed,
        round,
        players,
        visits,
        now: Date.now(),
        onProgress(share) {
          const left = ((performance.now() - startedAt) * (1 - share)) / share;
          progress.update(`round ${round} · ${Math.round(100 * share)}% · ${formatDuration(left)} left`);
        },
      });
      progress.end();
      const report = summarise({ round, release: version, ranking, eventsBefore: expected.events }, tallies);
      reports.push(report);
      if (!flags.json) console.log(`${formatRound(report)}\n`);
      expected.events += report.events;
      expected.slates += tallies.full.reduce((sum, { pages }) => sum + pages, 0);
    }
    await waitUntilLogged(state, expected);
    const outcome = conclude(reports);
    console.log(
      flags.json
        ? JSON.stringify({ seed, players, visits, rounds: reports, outcome }, null, 2)
        : formatOutcome(outcome),
    );
  } finally {
    await end();
  }
}

function readFlags() {
  try {
    const { values } = parseArgs({
      options: {
        players: { type: 'string', default: '300' },
        visits: { type: 'string', default: '4' },
        rounds: { type: 'string', default: '3' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const read = (flag: 'players' | 'visits' | 'rounds' | 'seed', min: number, max: number) => {
      const number = Number(values[flag]);
      if (!/^\d+$/.test(values[flag]) || number < min || number > max)
        throw new Error(`--${flag} takes a whole number from ${min} to ${max}`);
      return number;
    };
    return {
      ...values,
      players: read('players', 2, 3_000),
      visits: read('visits', 1, 100),
      rounds: read('rounds', 1, 100),
      seed: read('seed', 0, 1_000_000),
    };
  } catch (error) {
    throw new Error(`${(error as Error).message}; --help shows how`, { cause: error });
  }
}

interface Logged {
  events: number;
  slates: number;
}

/** From the log to a release that serves. Returns what it is, and what its ranking model is. */
async function learn(server: LocalServer, store: Store, state: string, expected: Logged) {
  await waitUntilLogged(state, expected);
  say('Computing statistics and exporting a snapshot …');
  for (const job of ['refresh-statistics', 'export-snapshot']) await server.runCron(cronOf(job));
  say('Training …');
  const script = path.join(import.meta.dirname, 'train.ts');
  const flags = ['--state', state, '--budget', TRAINING_BUDGET, '--json', '--force'];
  const { stdout } = await run(process.execPath, [script, ...flags], { maxBuffer: 1e8 });
  const { version, ranker } = JSON.parse(stdout) as {
    version: string;
    ranker: { outcome: 'trained' | 'kept' | 'none'; reason: string };
  };
  await waitUntilServed(store, version);
  return { version, ranking: ranker.outcome === 'none' ? null : `ranking model ${ranker.outcome}: ${ranker.reason}` };
}

/** What was accepted must arrive; throws where it does not. */
async function waitUntilLogged(state: string, { events, slates }: Logged): Promise<void> {
  const deadline = Date.now() + DRAIN_TIMEOUT_MS;
  await withPlatform(state, async ({ DB }) => {
    for (;;) {
      const count = (table: string) => DB.prepare(`select count(*) as n from ${table}`).first<number>('n');
      const [loggedEvents, loggedSlates] = await Promise.all([count('events'), count('slates')]);
      if (loggedEvents === events && loggedSlates === slates) return;
      if (Date.now() > deadline)
        throw new Error(
          `${loggedEvents} of ${events} events and ${loggedSlates} of ${slates} slates are in the log; see ${state}/wrangler.log`,
        );
      await pause();
    }
  });
}

async function waitUntilServed(store: Store, version: string): Promise<void> {
  const deadline = Date.now() + RELEASE_TIMEOUT_MS;
  while ((await store.readRelease()) !== version) {
    if (Date.now() > deadline) throw new Error(`the release ${version} is published and does not come into use`);
    await pause();
  }
}

const say = (message: string) => console.error(message);

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(`simulate: ${error.message}`);
    process.exit(1);
  },
);
