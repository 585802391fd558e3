import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { openWorkerCommand } from '../../tests/run-worker-command.ts';
import { createDeadLettersCommand } from './command.ts';

const letter = (letterId: string) => ({
  ...{ letterId, queue: 'events', reason: 'failed too often', replayedAt: null, bytes: 12 },
  receivedAt: '2026-11-20T10:00:00.000Z',
});

/** Serves a Worker's answers without a Worker; workers/online/dead-letters.workers.test.ts uses a real one. */
async function serve() {
  const requests: string[] = [];
  let remaining = 2;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method, url = '' } = request;
    requests.push([method, url, body].filter(Boolean).join(' '));
    const answer = (status: number, value?: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(value && JSON.stringify(value));
    if (method === 'GET' && url.startsWith('/v1/dead-letters?'))
      return answer(200, {
        letters: [letter(url.includes('cursor') ? 'b' : 'a')],
        cursor: url.includes('cursor') ? null : 'next',
      });
    if (method === 'GET') return answer(200, { ...letter('a'), body: [{ id: '1' }] });
    if (url.endsWith('/a/replay')) return answer(202, letter('a'));
    if (url.endsWith('/c/replay')) return answer(404, { title: 'Not found', detail: 'No dead letter has the id “c”.' });
    if (url.endsWith('/a')) return answer(204);
    remaining -= 1;
    return answer(method === 'POST' ? 202 : 200, { letters: 3, remaining: Math.max(0, remaining) });
  });
  const run = await openWorkerCommand(server, createDeadLettersCommand);
  return { requests, run };
}

test('lists by pages and filters, and shows one letter with its body', async () => {
  const { requests, run } = await serve();
  const lines = (await run('list', '--queue', 'events', '--from', '2026-11-20')).split('\n');
  expect(lines.slice(1)).toEqual([
    expect.stringMatching(/^a +events +2026-11-20T10:00:00\.000Z +– +12 +failed too often$/),
    expect.stringMatching(/^b /),
  ]);
  const query = 'queue=events&from=2026-11-20T00%3A00%3A00.000Z';
  expect(requests).toEqual([
    `GET /v1/dead-letters?${query}&limit=20`,
    `GET /v1/dead-letters?${query}&limit=19&cursor=next`,
  ]);
  expect(await run('show', 'a')).toContain('"id": "1"');
});

test('replays and deletes one letter, or all that match in as many requests as it takes', async () => {
  const { requests, run } = await serve();
  expect(await run('replay', 'a')).toMatch(/^Queued a again/);
  expect(await run('delete', 'a')).toBe('Deleted a.');
  expect(await run('replay', '--all', '--reason', 'failed too often')).toMatch(/^Queued 6 again/);
  expect(await run('delete', '--all', '--queue', 'notifications')).toBe('Deleted 3.');
  const body = '{"reason":"failed too often"}';
  expect(requests).toEqual([
    'POST /v1/dead-letters/a/replay',
    'DELETE /v1/dead-letters/a',
    `POST /v1/dead-letters/replay ${body}`,
    `POST /v1/dead-letters/replay ${body}`,
    'DELETE /v1/dead-letters?queue=notifications',
  ]);
  await expect(run('replay', 'c')).rejects.toThrow('`npm run dead-letters -- list` shows all.');
  for (const args of [['replay'], ['delete'], ['replay', 'a', '--all'], ['delete', 'a', '--queue', 'events']])
    await expect(run(...args)).rejects.toThrow('name one letter, or give --all');
});
