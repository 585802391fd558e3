// Prints a run of abuse for people.

import type { AbuseReport } from './run.ts';
import type { Memory } from './target/memory.ts';

const PROBLEMS_SHOWN = 5;

/** True if nothing got through. */
export const isClean = ({ attacks, fuzz, survived, alerts, canaries, client }: AbuseReport): boolean =>
  attacks.every(({ breaches }) => breaches.length === 0) &&
  fuzz.findings.length === 0 &&
  survived &&
  alerts.length === 0 &&
  client.bytes <= client.bytesMax &&
  // If the canaries are gone, the search for them proves nothing.
  canaries.before > 0 &&
  canaries.after === canaries.before;

const count = (n: number): string => n.toLocaleString('en');

export function formatReport(report: AbuseReport): string {
  const { attacks, fuzz, memory, alerts, survived, canaries, client, guides } = report;
  const callers = Object.entries(fuzz.callers).map(([name, { requests, accepted }]) =>
    ['', name.padEnd(20), count(requests).padStart(8), count(accepted).padStart(8)].join('  '),
  );
  const statuses = Object.entries(fuzz.statuses).map(([status, n]) => `${status} ${count(n)}`);
  return [
    ...attacks.flatMap(({ name, attempts, breaches, figure }) => [
      `${breaches.length === 0 ? 'repelled' : 'BREACHED'}  ${name} (${count(attempts)} attempts)`,
      ...(figure === undefined ? [] : [`          ${figure}`]),
      ...shorten(breaches).map((breach) => `          breach: ${breach}`),
    ]),
    '',
    `${count(fuzz.requests)} fuzzed requests in ${fuzz.seconds} s, the slowest took ${count(fuzz.slowestMs)} ms`,
    `  by status: ${statuses.join(', ')}`,
    '  caller               requests  with 2xx',
    ...callers,
    ...fuzz.findings.flatMap(({ operationId, what, curl }) => [`  FOUND ${operationId}: ${what}`, `    ${curl}`]),
    formatIsolateMemory(memory),
    formatProcessMemory(memory),
    `canaries readable with the read key: ${canaries.before} before, ${canaries.after} after`,
    `${survived ? 'The Worker’s process survived' : 'THE WORKER’S PROCESS DIED'}; ${alerts.length} alerts`,
    ...shorten(alerts).map((alert) => `  ${alert.slice(0, 500)}`),
    `the client: ${count(client.bytes)} bytes gzipped, at most ${count(client.bytesMax)}`,
    `snippets of ${guides.guides} guides: ${guides.run} that tests run or compare, ${guides.skipped} only shown`,
  ].join('\n');
}

const formatIsolateMemory = ({ isolate: { before, after, evicted } }: Memory): string =>
  `memory of the isolate after a garbage collection: ${before} MB before, ${after} MB after, ` +
  `${evicted} MB once the players’ objects are evicted`;

const formatProcessMemory = ({ process: { before, peak, after } }: Memory): string =>
  `memory of its process: ${before} MB before, ${peak} MB at most, ${after} MB after`;

const shorten = (texts: readonly string[]): string[] =>
  texts.length <= PROBLEMS_SHOWN
    ? [...texts]
    : [...texts.slice(0, PROBLEMS_SHOWN), `and ${texts.length - PROBLEMS_SHOWN} more`];
