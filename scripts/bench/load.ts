// Loads a server from a process of its own and prints what it got as one line of JSON. Arguments: a Load as JSON.

import autocannon from 'autocannon';

export interface Load {
  url: string;
  seconds: number;
  connections: number;
  key: string;
  /** Events in each request; absent: a GET. */
  batch?: number;
}

export interface LoadResult {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Answers that were not 2xx, and connections that failed. */
  failed: number;
}

const PLAYERS = 100;
const ITEMS = 5_000;

if (import.meta.main) {
  const load: Load = JSON.parse(process.argv[2]!);
  let request = 0;
  const run = `${process.pid}-${Date.now()}`;
  const makeBody = () => {
    request++;
    const events = Array.from({ length: load.batch! }, (_, place) => ({
      id: `${run}-${request}-${place}`,
      userId: `loaded-${request % PLAYERS}`,
      type: 'click',
      itemId: `g${(request * 20 + place) % ITEMS}`,
    }));
    return JSON.stringify({ events });
  };
  const result = await autocannon({
    url: load.url,
    duration: load.seconds,
    connections: load.connections,
    headers: { authorization: `Bearer ${load.key}`, 'content-type': 'application/json' },
    ...(load.batch === undefined
      ? {}
      : { requests: [{ method: 'POST' as const, setupRequest: (one) => ({ ...one, body: makeBody() }) }] }),
  });
  const answer: LoadResult = {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors,
  };
  console.log(JSON.stringify(answer));
}
