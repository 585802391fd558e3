// Goes back to the previous release, there and back again, while players in several isolates keep asking for galleries:
// which answers fail, are empty or come without a model, and how long isolates follow the release before. The isolates
// are Workers of one workerd with the same stores and players' objects; each has a location's cache of its own.

import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createTestHarness } from 'wrangler';
import type { Stores } from '../../workers/storage/stores.ts';
import { readProduct } from '../local/product.ts';
import { PROJECT_DIR } from '../local/project.ts';
import { publishRandomRelease } from './random-release.ts';
import { takePercentile } from './rounds.ts';
import { fillStores, KEY } from './serving.ts';
import { waitUntil } from './wait-until.ts';

export interface RollbackOptions {
  isolates: number;
  /** Players of each isolate; each asks for one gallery after another. */
  players: number;
  rollbacks: number;
  items: number;
}

interface Answer {
  isolate: number;
  /** Epoch milliseconds. */
  askedAt: number;
  ms: number;
  release: string | null;
  /** Why it is not the whole answer that a player should get; undefined if it is. */
  fault: string | undefined;
}
interface Move {
  to: string;
  movedAt: number;
  endedAt: number;
}

export interface RollbackReport extends RollbackOptions {
  answers: number;
  /** Answers by what is wrong with them. */
  faults: Record<string, number>;
  p50Ms: number;
  p99Ms: number;
  moves: {
    to: string;
    answers: number;
    /** Answers with the release before, asked for after the pointer had moved. */
    before: number;
    /** From the move to the last such question; null if isolates still answered with it when the time was up. */
    followedSeconds: number | null;
  }[];
}

const HISTORY = 10;
const POLL_MS = 100;
/** After all isolates have answered with the new release. */
const HOLD_MS = 3_000;
const FOLLOW_LIMIT_MS = 60_000;
/** A player looks at a page before the next one: the machine is not what is measured. */
const PAUSE_MS = 50;
/** Long enough for a busy machine: its slowness is not a fault of the release. */
const DEADLINE_MS = 5_000;

export async function benchRollback(options: RollbackOptions, log: (message: string) => void): Promise<RollbackReport> {
  const { isolates, items, rollbacks } = options;
  log(`starting ${isolates} isolates …`);
  const server = await startIsolates(isolates);
  try {
    log(`storing ${items} games and two releases …`);
    await fillStores(server.stores, items);
    await publishRandomRelease(server.stores.BUCKET, items, 'bench-second');
    await recordHistories(server, options);
    await Promise.all(server.asks.map((ask, isolate) => warmUp(ask, isolate, options)));
    const players = startPlayers(server.asks, options);
    const moves: Move[] = [];
    try {
      for (let rollback = 1; rollback <= rollbacks; rollback++) {
        moves.push(await goBack(server.url, players.answers, isolates));
        log(`rollback ${rollback} of ${rollbacks}: ${moves.at(-1)!.to} is in use`);
      }
    } finally {
      await players.stop();
    }
    return summarise(options, players.answers, moves);
  } finally {
    await server.close();
  }
}

type Ask = (path: string, body?: object) => Promise<Response>;
interface Isolates {
  url: string;
  stores: Stores;
  /** By isolate. */
  asks: Ask[];
  close(): Promise<void>;
}

async function startIsolates(isolates: number): Promise<Isolates> {
  const names = Array.from({ length: isolates }, (_, isolate) => `bloodstream-${isolate}`);
  const harness = createTestHarness({
    root: PROJECT_DIR,
    workers: names.map((name) => ({ config: deriveConfig(name, names[0]!), secrets: { ADMIN_KEY: KEY } })),
  });
  const { url } = await harness.listen();
  const first = harness.getWorker<Env>(names[0]);
  await first.applyD1Migrations('DB');
  const asks = names.map((name): Ask => {
    const worker = harness.getWorker(name);
    return async (route, body) => {
      const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
      const init = body === undefined ? { headers } : { method: 'POST', headers, body: JSON.stringify(body) };
      return (await worker.fetch(route, init)) as unknown as Response;
    };
  });
  return { url: url.origin, stores: await first.getEnv(), asks, close: () => harness.close() };
}

/** The first Worker has the objects and consumes the queues. */
function deriveConfig(name: string, owner: string) {
  const { durable_objects, migrations, queues, ...rest } = readProduct();
  const shared = { ...rest, name };
  if (name === owner) return { ...shared, durable_objects, migrations, queues };
  const bindings = durable_objects.bindings.map((binding: object) => ({ ...binding, script_name: owner }));
  return { ...shared, durable_objects: { bindings }, queues: { producers: queues.producers } };
}

const nameOf = (isolate: number, player: number): string => `rollback-${isolate}-${player}`;

async function recordHistories({ asks }: Isolates, { isolates, players, items }: RollbackOptions): Promise<void> {
  for (let isolate = 0; isolate < isolates; isolate++)
    for (let player = 0; player < players; player++) {
      const events = Array.from({ length: HISTORY }, (_, event) => ({
        id: `e${event}`,
        userId: nameOf(isolate, player),
        type: 'play',
        itemId: `g${(97 * event + 13 * player + isolate) % items}`,
      }));
      const response = await asks[0]!('/v1/events', { events });
      if (!response.ok) throw new Error(`POST /v1/events: ${response.status} ${await response.text()}`);
    }
}

/**
 * A new isolate answers from statistics until it has loaded the release; so does a player's object that the log does
 * not answer in time.
 */
async function warmUp(ask: Ask, isolate: number, { players }: RollbackOptions): Promise<void> {
  for (let player = 0; player < players; player++)
    await waitUntil(
      'the model serves',
      async () => (await askOnce(ask, isolate, nameOf(isolate, player))).fault === undefined,
      POLL_MS,
    );
}

interface Gallery {
  tier: string;
  release: string | null;
  degraded: { step: string }[];
  rows: { items: object[] }[];
}

function startPlayers(asks: readonly Ask[], { players }: RollbackOptions) {
  const answers: Answer[] = [];
  let isRunning = true;
  const play = async (isolate: number, player: number) => {
    while (isRunning) {
      answers.push(await askOnce(asks[isolate]!, isolate, nameOf(isolate, player)));
      await sleep(PAUSE_MS);
    }
  };
  const playing = asks.flatMap((_, isolate) => Array.from({ length: players }, (_, player) => play(isolate, player)));
  return {
    answers,
    async stop() {
      isRunning = false;
      await Promise.all(playing);
    },
  };
}

async function askOnce(ask: Ask, isolate: number, userId: string): Promise<Answer> {
  const askedAt = Date.now();
  const from = performance.now();
  const answer = (release: string | null, fault: string | undefined) => {
    return { isolate, askedAt, ms: performance.now() - from, release, fault };
  };
  try {
    const response = await ask(`/v1/users/${userId}/gallery?deadlineMs=${DEADLINE_MS}`);
    if (!response.ok) return answer(null, `status ${response.status}`);
    const gallery = (await response.json()) as Gallery;
    return answer(gallery.release, findFault(gallery));
  } catch (error) {
    return answer(null, (error as Error).message);
  }
}

function findFault({ release, tier, degraded, rows }: Gallery): string | undefined {
  if (rows.length === 0 || rows.some(({ items }) => items.length === 0)) return 'empty';
  if (release === null) return 'no release';
  if (tier !== 'online') return `tier ${tier}`;
  return degraded.length > 0 ? `degraded: ${degraded.map(({ step }) => step).join(', ')}` : undefined;
}

/** Returns once every isolate has answered with the other release for a while, or the time is up. */
async function goBack(url: string, answers: readonly Answer[], isolates: number): Promise<Move> {
  const script = path.join(PROJECT_DIR, 'scripts/releases.ts');
  const env = { ...process.env, ADMIN_KEY: KEY };
  const { stdout } = await promisify(execFile)(process.execPath, [script, 'rollback', '--url', url, '--json'], { env });
  const { version: to, movedAt } = JSON.parse(stdout) as { version: string; movedAt: string };
  const from = Date.parse(movedAt);
  const hasFollowed = () =>
    new Set(answers.filter(({ askedAt, release }) => askedAt >= from && release === to).map(({ isolate }) => isolate))
      .size === isolates;
  while (!hasFollowed() && Date.now() - from < FOLLOW_LIMIT_MS) await sleep(POLL_MS);
  await sleep(HOLD_MS);
  return { to, movedAt: from, endedAt: Date.now() };
}

function summarise(options: RollbackOptions, answers: readonly Answer[], moves: readonly Move[]): RollbackReport {
  const faults: Record<string, number> = {};
  for (const { fault } of answers) if (fault !== undefined) faults[fault] = (faults[fault] ?? 0) + 1;
  const times = answers.map(({ ms }) => ms);
  return {
    ...options,
    answers: answers.length,
    faults,
    p50Ms: takePercentile(times, 0.5),
    p99Ms: takePercentile(times, 0.99),
    moves: moves.map((move) => describeMove(move, answers)),
  };
}

function describeMove({ to, movedAt, endedAt }: Move, answers: readonly Answer[]): RollbackReport['moves'][number] {
  const after = answers.filter(({ askedAt }) => askedAt >= movedAt && askedAt < endedAt);
  const old = after.filter(({ release }) => release !== to).map(({ askedAt }) => askedAt);
  const newest = new Map(after.map(({ isolate, release }) => [isolate, release]));
  const haveFollowed = [...newest.values()].every((release) => release === to);
  return {
    to,
    answers: after.length,
    before: old.length,
    followedSeconds: haveFollowed ? (Math.max(movedAt, ...old) - movedAt) / 1_000 : null,
  };
}

export function formatRollback(report: RollbackReport): string {
  const faults = Object.entries(report.faults).map(([fault, count]) => `${count} ${fault}`);
  const rows = report.moves.map(
    ({ to, answers, before, followedSeconds }) =>
      `${to.padEnd(16)} ${`${answers}`.padStart(8)} ${`${before}`.padStart(16)} ` +
      `${(followedSeconds === null ? 'never' : followedSeconds.toFixed(1)).padStart(12)}`,
  );
  return `${report.isolates} isolates with ${report.players} players each, ${report.items} games
${report.answers} galleries, p50 ${report.p50Ms.toFixed(0)} ms, p99 ${report.p99Ms.toFixed(0)} ms; \
failed, empty or without the model: ${faults.join(', ') || 'none'}

${'rollback to'.padEnd(16)} ${'answers'.padStart(8)} ${'with the other'.padStart(16)} ${'the last, s'.padStart(12)}
${rows.join('\n')}`;
}
