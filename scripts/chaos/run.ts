// One run of chaos: starts the system, disturbs it while clients send events, waits until the log has them, and counts.

import { copyFileSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRandom } from '../../models/data/random.ts';
import { findFreePort } from '../local/local-server.ts';
import { startWatchedServer, type WatchedServer } from '../local/watched-server.ts';
import type { WorkerConfig } from '../local/write-worker-config.ts';
import { prepareStore } from '../start/prepare-store.ts';
import { runScript } from '../start/run-script.ts';
import type { Shutdown } from '../terminal/shutdown.ts';
import { type Sent, sendEvents } from './client.ts';
import { countLosses, type Losses } from './count.ts';
import type { Disturbed, Shares } from './disturb-queue.ts';
import { killServer, VICTIMS, type Victim } from './kills.ts';
import { type LogCount, readLog } from './read-log.ts';
import type { ObjectState } from './worker.ts';

const KEY = 'chaos';
const FAULTS: Omit<Shares, 'dropped'> = { doubled: 0.1, delayed: 0.1 };
const POLL_MS = 250;
const ASK_TIMEOUT_MS = 5_000;
const USERS_PER_REQUEST = 50;
/** The jobs' leases admit one run of each. */
const CRONS_EVERY_MS = 5_000;
/** The export of what is left, after the fault that left the most. */
const LAST_CRONS_TIMEOUT_MS = 120_000;

export interface Plan {
  state: string;
  events: number;
  players: number;
  kills: number;
  outageMs: number;
  /**
   * The number of the log's databases at the end; a run begins with one, and adds the others when half of the events
   * are sent.
   */
  shards: number;
  seed: number;
  /** Probability that the queue loses a message. */
  dropped: number;
  /** Events that are not logged after this time count as lost. */
  drainTimeoutMs: number;
  log(message: string): void;
  onProgress(message: string): void;
}

/** Failed statements of D1; those of killed processes may be missing. */
export interface Statements {
  refused: number;
  carriedOut: number;
}

export interface ChaosReport extends Losses, Omit<LogCount, 'ids'> {
  events: number;
  players: number;
  kills: Record<Victim, number>;
  statements: Statements;
  /** Messages of the queue, as far as the processes lived to report them. */
  messages: Disturbed;
  retries: number;
  /** Events left in outboxes. */
  unlogged: number;
  seconds: number;
  /** The part of `seconds` after the last acknowledgement. */
  drainSeconds: number;
}

export async function runChaos(plan: Plan, shutdown: Shutdown): Promise<ChaosReport> {
  const { state, players, events } = plan;
  await prepareStore(shutdown, { state });
  const port = await findFreePort();
  const config = path.join(state, 'wrangler.json');
  const whole = path.join(state, 'wrangler-shards.json');
  for (const [file, shards] of [
    [config, 1],
    [whole, plan.shards],
  ] as const) {
    const vars = { ADMIN_KEY: KEY, QUEUE_FAULTS: { ...FAULTS, dropped: plan.dropped } };
    const workerConfig: WorkerConfig = { file, state, main: 'scripts/chaos/worker.ts', vars, shards };
    await runScript(shutdown, 'local/write-worker-config.ts', [JSON.stringify(workerConfig)]);
  }
  const server = startWatchedServer(port, state, { key: KEY, report: plan.log, more: ['--config', config] });
  const forget = shutdown.add(server.stop);
  await server.ready;
  const startedAt = performance.now();
  // The process that starts after the copy reads the new configuration.
  const addShards = () => copyFileSync(whole, config);
  const running = withCrons(server, async () => {
    const disturbed = await disturbTraffic(plan, server, port, addShards);
    plan.log(`${events.toLocaleString('en')} events are acknowledged; waiting for the log …`);
    const sentAt = performance.now();
    return { ...disturbed, sentAt, objects: await drain(plan, server, [...disturbed.sent.acknowledged.keys()]) };
  });
  const { sent, sentAt, kills, objects } = await Promise.race([
    running,
    server.givenUp.then(() => {
      throw new Error('the Worker cannot be started again');
    }),
  ]);
  const endedAt = performance.now();
  await server.stop();
  forget();
  const { ids: log, ...counts } = await readLog(state, whole);
  const losses = countLosses(sent.acknowledged, {
    object: new Map([...objects].map(([userId, { ids }]) => [userId, ids])),
    log,
  });
  return {
    events,
    players,
    ...losses,
    ...counts,
    kills,
    ...sumFaults(path.join(state, 'wrangler.log')),
    retries: sent.retries,
    unlogged: [...objects.values()].reduce((sum, { unlogged }) => sum + unlogged, 0),
    seconds: Math.round((endedAt - startedAt) / 1_000),
    drainSeconds: Math.round((endedAt - sentAt) / 1_000),
  };
}

/** Runs the crons again and again, and once more after `run`: a job that ends with its process keeps its lease. */
async function withCrons<Result>({ url }: WatchedServer, run: () => Promise<Result>): Promise<Result> {
  const interval = setInterval(() => void ask(`${url}/chaos/crons`), CRONS_EVERY_MS);
  try {
    return await run();
  } finally {
    clearInterval(interval);
    await ask(`${url}/chaos/crons`, LAST_CRONS_TIMEOUT_MS);
  }
}

/** Kills and the outage are spread over the events, so that all of them meet traffic. */
async function disturbTraffic(
  { events, players, kills, outageMs, shards, seed, onProgress }: Plan,
  { url }: WatchedServer,
  port: number,
  addShards: () => void,
): Promise<{ sent: Sent; kills: Record<Victim, number> }> {
  let acknowledged = 0;
  let isSending = true;
  const sending = sendEvents({
    url,
    key: KEY,
    events,
    players,
    random: createRandom(seed, 'traffic'),
    onAcknowledged(count) {
      acknowledged = count;
      onProgress(`${count.toLocaleString('en')} of ${events.toLocaleString('en')} events`);
    },
  }).finally(() => {
    isSending = false;
  });
  // Reported below: the loop ends first.
  sending.catch(() => {});
  const killed: Record<Victim, number> = { worker: 0, listener: 0, wrangler: 0, both: 0 };
  let done = 0;
  let outageLeftMs = outageMs;
  let isSharded = shards === 1;
  while (isSending || outageLeftMs > 0) {
    await sleep(POLL_MS);
    if (done < kills && acknowledged >= (events * (done + 0.5)) / kills) {
      const victim = VICTIMS[done % VICTIMS.length]!;
      if (killServer(victim, port)) {
        killed[victim]++;
        done++;
      }
    }
    // With a kill, so that the configuration is loaded at once, while messages are in the queue.
    if (!isSharded && acknowledged >= events / 2) {
      addShards();
      isSharded = killServer('both', port);
    }
    if (outageLeftMs > 0 && acknowledged >= events / 2) {
      // Sent repeatedly, because a new process does not know about the outage. Only an outage that a Worker received
      // counts.
      const told = await ask(`${url}/chaos/outage?ms=${2 * POLL_MS}`);
      if (told !== undefined) outageLeftMs -= POLL_MS;
    }
  }
  return { sent: await sending, kills: killed };
}

/**
 * Waits until the outboxes of all users are empty, or for `drainTimeoutMs`. Returns the state of the objects. Throws if
 * the Worker has not told it by then.
 */
export async function drain(
  { drainTimeoutMs, onProgress }: Pick<Plan, 'drainTimeoutMs' | 'onProgress'>,
  { url }: Pick<WatchedServer, 'url'>,
  userIds: readonly string[],
): Promise<Map<string, ObjectState>> {
  const deadline = Date.now() + drainTimeoutMs;
  for (;;) {
    const objects = await readObjects(url, userIds);
    const left = objects && [...objects.values()].reduce((sum, { unlogged }) => sum + unlogged, 0);
    const isOver = Date.now() > deadline;
    if (objects !== undefined && (left === 0 || isOver)) return objects;
    if (isOver) throw new Error('the Worker does not tell what its objects have');
    onProgress(left === undefined ? 'waiting for an answer' : `${left.toLocaleString('en')} events unlogged`);
    await sleep(4 * POLL_MS);
  }
}

async function readObjects(url: string, userIds: readonly string[]): Promise<Map<string, ObjectState> | undefined> {
  const objects = new Map<string, ObjectState>();
  for (let from = 0; from < userIds.length; from += USERS_PER_REQUEST) {
    const asked = userIds.slice(from, from + USERS_PER_REQUEST);
    const query = new URLSearchParams(asked.map((userId) => ['userId', userId]));
    const states = await ask<ObjectState[]>(`${url}/chaos/objects?${query}`);
    if (states === undefined) return undefined;
    for (const [index, userId] of asked.entries()) objects.set(userId, states[index]!);
  }
  return objects;
}

/** The answer; undefined if the Worker does not answer in time or is in trouble. */
async function ask<T>(url: string, timeoutMs = ASK_TIMEOUT_MS): Promise<T | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    const text = await response.text();
    return response.ok ? (JSON.parse(text) as T) : undefined;
  } catch {
    return undefined;
  }
}

/** Sums the reports that the Worker has printed. */
function sumFaults(logFile: string): { messages: Disturbed; statements: Statements } {
  const sum = { dropped: 0, doubled: 0, delayed: 0, reordered: 0, refused: 0, carriedOut: 0 };
  for (const [, json] of readFileSync(logFile, 'utf8').matchAll(/\{"chaos":(\{[^}]*\})\}/g))
    for (const [fault, count] of Object.entries(JSON.parse(json!) as Partial<typeof sum>))
      sum[fault as keyof typeof sum] += count!;
  const { refused, carriedOut, ...messages } = sum;
  return { messages, statements: { refused, carriedOut } };
}
