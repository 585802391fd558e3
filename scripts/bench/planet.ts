// Simulates isolates all over the planet that follow the published state: the product's own code in this process, over
// a D1 and an R2 in memory that are far away, each location with a cache of its own, and a clock that jumps from event
// to event. Counts what D1 and R2 are asked, what requests wait for, and how old a served state is.

import type { Item } from '../../models/contracts/item.ts';
import type { StateParts } from '../../models/contracts/published-state.ts';
import { STATISTICS_SCHEMA, type Statistics } from '../../models/contracts/statistics.ts';
import { createRng } from '../../models/features/rng.ts';
import { FollowedState } from '../../workers/serving/followed-state.ts';
import { putItems } from '../../workers/storage/items.ts';
import { readThroughLocation } from '../../workers/storage/location-cache.ts';
import { publishState } from '../../workers/storage/publish-state.ts';
import { STATE_STALE_MS } from '../../workers/storage/read-state.ts';
import { writeStatistics } from '../../workers/storage/statistics.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { LocationCache, Planet } from './planet-clock.ts';
import { type Call, openStores, watchStores } from './planet-stores.ts';

export interface PlanetOptions {
  isolates: number;
  locations: number;
  seconds: number;
  /** Delay of every call of D1 and R2, in milliseconds. */
  delayMs: number;
}

export interface PlanetReport extends PlanetOptions {
  requests: number;
  changes: number;
  /** Requests that waited for the state: in isolates that had none, after 24 seconds without a request, and others. */
  waited: { cold: number; idle: number; warm: number };
  /** Calls in all, the mean a second, and the most in one second. */
  calls: Record<Call, { total: number; perSecond: number; most: number }>;
  /** From a change to the last answer without it, in seconds; without answers that say that the state may be old. */
  oldestAnswerSeconds: number;
  /** Answers that say so. */
  saidOld: number;
}

/** A rule and a game change this often. */
const CHANGE_EVERY_MS = 5_000;
const STATISTICS_EVERY_MS = 300_000;
const CRON_EVERY_MS = 60_000;
/** Isolates differ: the busiest has a request every half second, the quietest every minute. */
const BUSIEST_MS = 500;
const QUIETEST_MS = 60_000;
/** Then another isolate takes its place. */
const LIFE_MS = 300_000;
/** The share of a gallery's deadline that it waits for the state. */
const WAIT_MS = 90;

export async function benchPlanet(options: PlanetOptions, log: (message: string) => void): Promise<PlanetReport> {
  log(`simulating ${options.isolates} isolates at ${options.locations} locations for ${options.seconds} s …`);
  const planet = new Planet();
  return planet.run(() => simulate(options, planet));
}

async function simulate(options: PlanetOptions, planet: Planet): Promise<PlanetReport> {
  const { isolates, locations, seconds, delayMs } = options;
  const counts: Record<Call, number[]> = { d1Isolates: [], d1Publishers: [], r2Isolates: [], r2Publishers: [] };
  const count = (call: Call) => {
    const second = Math.floor(planet.elapsed / 1_000);
    counts[call][second] = (counts[call][second] ?? 0) + 1;
  };
  const stores = openStores();
  const near = watchStores(
    stores,
    () => count('d1Publishers'),
    () => count('r2Publishers'),
  );
  const delay = () => planet.sleep(delayMs);
  const far = watchStores(
    stores,
    () => count('d1Isolates'),
    () => count('r2Isolates'),
    delay,
  );
  const changedAt: number[] = [];
  await change(stores, near, changedAt);
  planet.repeat(CHANGE_EVERY_MS, () => change(stores, near, changedAt));
  planet.repeat(CRON_EVERY_MS, () => publishState(near, Date.now()));
  planet.repeat(STATISTICS_EVERY_MS, () => computeStatistics(near));

  const answers: Answers = { requests: 0, waited: { cold: 0, idle: 0, warm: 0 }, saidOld: 0, oldestMs: 0 };
  const random = createRng('planet');
  const caches = Array.from({ length: locations }, () => new LocationCache());
  for (let number = 0; number < isolates; number++) {
    const cache = caches[number % locations]!;
    const meanMs = BUSIEST_MS * (QUIETEST_MS / BUSIEST_MS) ** random();
    let isolate = openIsolate(far);
    const renew = () => {
      isolate = openIsolate(far);
      planet.at(LIFE_MS, renew);
    };
    planet.at(random() * LIFE_MS, renew);
    const request = () => {
      planet.at(-Math.log(1 - random()) * meanMs, request);
      planet.within(cache, () => void ask(isolate, far, changedAt, answers));
    };
    planet.at(random() * meanMs, request);
  }
  await planet.advance(seconds * 1_000);
  const { oldestMs, ...counted } = answers;
  const calls = Object.fromEntries(
    Object.entries(counts).map(([call, bySecond]) => [call, summarise(bySecond, seconds)]),
  ) as PlanetReport['calls'];
  return { ...options, ...counted, changes: changedAt.length, calls, oldestAnswerSeconds: oldestMs / 1_000 };
}

interface Answers extends Pick<PlanetReport, 'requests' | 'waited' | 'saidOld'> {
  oldestMs: number;
}

/** The one rule's id says which changes an answer has. */
async function change({ DB }: Stores, publisher: Stores, changedAt: number[]): Promise<void> {
  const number = changedAt.length;
  changedAt.push(Date.now());
  await DB.prepare('delete from rules').run();
  await DB.prepare('insert into rules (rule_id, body, created_at) values (?1, ?2, 1)').bind(`${number}`, '{}').run();
  await putItems(DB, [{ ...ITEM, itemId: `g${number % 100}` }]);
  await publishState(publisher, Date.now());
}

async function computeStatistics(publisher: Stores): Promise<void> {
  const computedAt = new Date(Date.now()).toISOString();
  await writeStatistics(publisher.BUCKET, { ...NO_STATISTICS, computedAt });
  await publishState(publisher, Date.now());
}

/** It reads the files that are new to it, as the product's isolates do, but does not decode them. */
function openIsolate({ BUCKET }: Stores): FollowedState<Stores> {
  const read = new Set<string>();
  return new FollowedState((_, { parts }) => {
    for (const key of listFiles(parts))
      if (!read.has(key)) {
        read.add(key);
        void readThroughLocation(BUCKET, key).catch(() => read.delete(key));
      }
  });
}

const listFiles = ({ catalogue, statistics }: StateParts): string[] =>
  [catalogue?.base.key, catalogue?.changes?.key, statistics].filter((key) => typeof key === 'string');

async function ask(
  isolate: FollowedState<Stores>,
  stores: Stores,
  changedAt: readonly number[],
  answers: Answers,
): Promise<void> {
  const startedAt = Date.now();
  const before = isolate.peek().value;
  answers.requests++;
  const { value, failure } = await isolate.get(stores, startedAt, () => {}, { waitMs: WAIT_MS });
  if (Date.now() > startedAt) {
    const kind = before === undefined ? 'cold' : startedAt - before.readAt > STATE_STALE_MS ? 'idle' : 'warm';
    answers.waited[kind]++;
  }
  if (value === undefined || failure !== undefined) {
    answers.saidOld++;
    return;
  }
  const missed = changedAt[Number(value.parts.rules[0]!.ruleId) + 1];
  if (missed !== undefined) answers.oldestMs = Math.max(answers.oldestMs, Date.now() - missed);
}

function summarise(bySecond: readonly number[], seconds: number): PlanetReport['calls'][Call] {
  const total = bySecond.reduce((sum, calls = 0) => sum + calls, 0);
  return { total, perSecond: total / seconds, most: bySecond.reduce((most, calls = 0) => Math.max(most, calls), 0) };
}

const NO_STATISTICS = {
  schema: STATISTICS_SCHEMA,
  popular: [],
  popularUntil: null,
  trending: [],
  bestRated: [],
  trendingByCountry: {},
  popularByCountry: {},
  ownPopularByCountry: {},
  hiddenGems: [],
} satisfies Omit<Statistics, 'computedAt'>;

const ITEM: Omit<Item, 'itemId'> = {
  title: 'A game',
  genres: [],
  tags: [],
  developer: null,
  releaseDate: null,
  price: null,
  currency: null,
  ageRating: null,
  platforms: [],
  coverUrl: null,
  hidden: false,
};

export function formatPlanet(report: PlanetReport): string {
  const { isolates, locations, seconds, delayMs, requests, changes, waited, saidOld, oldestAnswerSeconds, calls } =
    report;
  const row = (what: string, { total, perSecond, most }: PlanetReport['calls'][Call]) =>
    `${what.padEnd(34)} ${`${total}`.padStart(8)} ${perSecond.toFixed(2).padStart(9)} ${`${most}`.padStart(9)}`;
  return `${isolates} isolates at ${locations} locations, ${seconds} s, ${delayMs} ms to D1 and R2
${requests} requests, ${changes} changes of a rule and a game

${'calls'.padEnd(34)} ${'total'.padStart(8)} ${'a second'.padStart(9)} ${'at most'.padStart(9)}
${row('D1, by isolates', calls.d1Isolates)}
${row('D1, by publishers and the cron', calls.d1Publishers)}
${row('R2, by isolates', calls.r2Isolates)}
${row('R2, by publishers and the cron', calls.r2Publishers)}

waited: ${waited.warm} in warm isolates, ${waited.idle} after a quiet time, ${waited.cold} in cold ones
${saidOld} answers say that they may be old
oldest other answer: ${oldestAnswerSeconds.toFixed(1)} s after a change that it lacked`;
}
