// Measures the latency of idle servers in turns: one request after another on one open connection. Does not measure
// throughput (load.ts does).

import http from 'node:http';
import { median, takePercentile } from './rounds.ts';

const ROUNDS = 5;
/** For each target, in each round. */
const REQUESTS = 200;

export interface Latency {
  p50Ms: number;
  p99Ms: number;
}

/** Over all rounds but a first, which warms up. Throws if a response is not 200. */
export async function timeRequests<Name extends string>(
  targets: Record<Name, { url: string; key: string }>,
  rounds = ROUNDS,
): Promise<Record<Name, Latency>> {
  const names = Object.keys(targets) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  try {
    for (let round = 0; round <= rounds; round++)
      for (const name of names)
        for (let request = 0; request < REQUESTS; request++) {
          const ms = await timeOne(targets[name], agent);
          if (round > 0) times[name].push(ms);
        }
  } finally {
    agent.destroy();
  }
  return Object.fromEntries(
    names.map((name) => [name, { p50Ms: median(times[name]), p99Ms: takePercentile(times[name], 0.99) }]),
  ) as Record<Name, Latency>;
}

/** From the request to the last byte of the response, in milliseconds. */
export const timeOne = ({ url, key }: { url: string; key: string }, agent: http.Agent): Promise<number> =>
  new Promise((resolve, reject) => {
    const from = performance.now();
    http
      .get(url, { agent, headers: { authorization: `Bearer ${key}` } }, (response) => {
        response.resume();
        response.once('end', () =>
          response.statusCode === 200
            ? resolve(performance.now() - from)
            : reject(new Error(`${url}: ${response.statusCode}`)),
        );
      })
      .once('error', reject);
  });
