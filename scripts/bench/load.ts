// Loads a server from a separate process and prints a LoadResult as one line of JSON. Argument: a Load as JSON.

import autocannon from 'autocannon';

export interface Load {
  url: string;
  seconds: number;
  connections: number;
  key: string;
  /** Events per POST; without it requests are GETs. */
  batch?: number;
}

export interface LoadResult {
  requestsPerSecond: number;
  p50Ms: number;
  p99Ms: number;
  /** Responses other than 2xx, and failed connections. */
  failed: number;
}

const PLAYERS = 100;
const ITEMS = 5_000;

if (import.meta.main) {
  const load: Load = JSON.parse(process.argv[2]!);
  let requests = 0;
  const run = `${process.pid}-${Date.now()}`;
  const makeBody = () => {
    requests++;
    const events = Array.from({ length: load.batch! }, (_, event) => ({
      id: `${run}-${requests}-${event}`,
      userId: `loaded-${requests % PLAYERS}`,
      type: 'click',
      itemId: `g${(requests * 20 + event) % ITEMS}`,
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
      : { requests: [{ method: 'POST' as const, setupRequest: (request) => ({ ...request, body: makeBody() }) }] }),
  });
  const measured: LoadResult = {
    requestsPerSecond: result.requests.average,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    failed: result.non2xx + result.errors,
  };
  console.log(JSON.stringify(measured));
}
