import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import type { ListedRelease } from '../../models/contracts/release.ts';
import { openWorkerCommand } from '../../tests/run-worker-command.ts';
import { blankFacts } from '../bench/blank-facts.ts';
import { createReleasesCommand } from './command.ts';

function release(version: string, ndcg: number): ListedRelease {
  const { selfTest: _, version: __, ...facts } = blankFacts(version, 'blend', '2026-05-20T12:00:00Z');
  const candidate = { ...facts.metrics.candidate, 'ndcg@10': ndcg };
  const metrics = { ...facts.metrics, candidate };
  const data = { ...facts.data, snapshot: `of ${version}` };
  return { version, failure: null, summary: { ...facts, metrics, data, items: 2_000, modelBytes: 1e6, ranking: null } };
}
const RELEASES = [
  release('r3', 0.3),
  { version: 'r2', failure: 'r2/manifest.json is of schema 1', summary: null },
  release('r1', 0.1),
];

/** Answers as a Worker does, and remembers the requests. */
async function serve(
  inUse: object | null = { version: 'r3', previous: 'r1', pinned: false, movedAt: '2026' },
  failure: string | null = null,
) {
  const requests: string[] = [];
  const answer = (method: string, url: URL): [status: number, body?: object] => {
    const [, , , version, verb] = url.pathname.split('/');
    const found = RELEASES.find((one) => one.version === version);
    if (method === 'DELETE') return [204];
    if (verb === 'activate') return [200, { ...inUse, version, failure: version === 'r2' ? 'it is broken' : null }];
    if (verb === 'canary') return [201, { experimentId: `canary-${version}` }];
    if (verb === 'pin') return [200, { ...inUse, pinned: true }];
    if (version !== undefined) return found ? [200, found] : [404, { title: 'Not found', detail: 'No such release.' }];
    const cursor = url.searchParams.get('cursor');
    const [first, ...rest] = RELEASES.filter((one) => cursor === null || one.version < cursor);
    return [200, { inUse, failure, releases: [first], cursor: rest.length > 0 ? first!.version : null }];
  };
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    const [status, body] = answer(request.method!, new URL(request.url!, 'http://worker'));
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  });
  const run = await openWorkerCommand(server, createReleasesCommand);
  return { requests, run };
}

test('lists what is in use, when it was trained and how good it is, page by page', async () => {
  const { requests, run } = await serve();
  const lines = (await run('list')).split('\n');
  expect(requests).toEqual([
    'GET /v1/releases?limit=10',
    'GET /v1/releases?limit=9&cursor=r3',
    'GET /v1/releases?limit=8&cursor=r2',
  ]);
  expect(lines[1]).toMatch(/^in use +r3 +2026-05-20 12:00 +blend +2000 +0\.3000/);
  expect(lines[3]).toMatch(/^before +r1 .* 0\.1000/);
  expect(lines[4]).toBe('r2: r2/manifest.json is of schema 1.');
  const { run: runPinned } = await serve({ version: 'r1', previous: null, pinned: true, movedAt: '2026' });
  expect(await runPinned('list', '--limit', '3')).toMatch(/^in use, pinned +r1 /m);
});

test('shows and compares with the release in use unless another is named', async () => {
  const { run } = await serve();
  expect(await run('show')).toMatch(/^ndcg@10 +0\.3000$/m);
  const compared = await run('compare', 'r1');
  expect(compared).toMatch(/^ +r1 +r3$/m);
  expect(compared).toMatch(/^ndcg@10 +0\.1000 +0\.3000$/m);
  expect(compared).toContain('measured on different snapshots');
  await expect(run('show', 'r9')).rejects.toThrow('Not found: No such release. `npm run releases -- list` shows all.');
});

test('goes back, activates, pins and unpins; says if the Worker cannot serve what it was told to', async () => {
  const { requests, run } = await serve();
  expect(await run('rollback')).toMatch(/^r1 is in use; .* within 30 seconds.*`npm run releases -- pin` keeps it/);
  await expect(run('activate', 'r2')).rejects.toThrow(/does not serve it \(it is broken\).*rollback/);
  expect(await run('canary', 'r3', '--share', '2.5%')).toMatch(/^2\.5% of the players .*\n.*report canary-r3$/);
  await run('pin');
  await run('unpin');
  expect(requests.filter((line) => !line.startsWith('GET'))).toEqual([
    'POST /v1/releases/r1/activate',
    'POST /v1/releases/r2/activate',
    'POST /v1/releases/r3/canary',
    'PUT /v1/releases/r3/pin',
    'DELETE /v1/releases/r3/pin',
  ]);
  const { run: runFirst } = await serve({ version: 'r1', previous: null, pinned: false, movedAt: '2026' });
  await expect(runFirst('rollback')).rejects.toThrow('no release was in use before r1');
  const { run: runNone } = await serve(null);
  await expect(runNone('pin')).rejects.toThrow('there is no release yet: `npm run train` makes one');
});

test('a damaged pointer is said in the list, and mended by activating a release', async () => {
  const { requests, run } = await serve(null, 'The pointer is damaged.');
  expect((await run('list')).split('\n').at(-1)).toBe('The pointer is damaged.');
  await expect(run('rollback')).rejects.toThrow('The pointer is damaged. `npm run releases -- list` shows all');
  await run('activate', 'r1');
  expect(requests.at(-1)).toBe('POST /v1/releases/r1/activate');
});
