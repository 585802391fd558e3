import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { countBlocks, listGuides, readBlocks } from '../scripts/abuse/guide-blocks.ts';
import { aimAtWorker, listTools, matchesJson, runGuide } from './guide.ts';

const fence = (info: string, text: string) => `\`\`\`${info}\n${text}\n\`\`\`\n`;
const write = (blocks: readonly [string, string][]) =>
  blocks.map(([info, text]) => fence(info, text)).join('\nText.\n\n');
const run = (...blocks: [string, string][]) => runGuide(write(blocks), { url: 'http://localhost:1', receiverPort: 2 });

it('reads what becomes of each block, and refuses one that does not say', () => {
  const saved = '- In a list:\n\n  ```ts file=a.ts\n  a;\n  ```\n';
  const guide = `# Guide\n\n${fence('sh run needs=go', 'go run mint.go')}\n${saved}`;
  expect(readBlocks(guide)).toEqual([
    { language: 'sh', kind: 'run', value: 'go', text: 'go run mint.go\n', line: 3 },
    { language: 'ts', kind: 'file', value: 'a.ts', text: 'a;\n', line: 9 },
  ]);
  for (const info of ['sh', 'sh runs', 'json answers', ''])
    expect(() => readBlocks(fence(info, 'x'))).toThrow('line 1');
});

it('counts the blocks that run and those that are only shown', () => {
  const blocks: [string, string][] = [
    ['sh run', ''],
    ['sh run needs=go', ''],
    ['ts file=a.ts', ''],
    ['json answer', '{}'],
    ['js elsewhere', ''],
    ['sh skip', ''],
  ];
  expect(countBlocks([write(blocks), write(blocks)])).toEqual({ guides: 2, run: 10, skipped: 2 });
  const own = countBlocks();
  expect(own.guides).toBe(listGuides().length);
  expect(own.run).toBeGreaterThan(10 * own.skipped);
});

it('aims calls and commands at the Worker of the test', () => {
  const block =
    'curl localhost:8787/v1/status\nnpm run -s experiments -- put a.json\nnpm run -s train -- --budget 30s\n';
  expect(aimAtWorker(block, 'http://localhost:9')).toBe(
    'curl localhost:9/v1/status\nnpm run -s experiments -- put --url http://localhost:9 a.json\n' +
      'npm run -s train -- --budget 30s\n',
  );
});

it('runs the blocks in one shell, with the files that the guide saves', async () => {
  const guide: [string, string][] = [
    ['sh run', 'NAME=ann'],
    ['js file=greet.mjs', 'console.log(JSON.stringify({ hello: process.argv[2] }));'],
    ['sh run', 'node greet.mjs $NAME'],
    ['json answer', '{ "hello": "ann" }'],
    ['sh run', 'ls package.json greet.mjs; sleep 100 &'],
    ['text answer', 'greet.mjs\n…'],
    ['sh skip', 'exit 1'],
    ['sh elsewhere', 'exit 1'],
    ['sh run needs=go', 'exit 2'],
  ];
  expect(await run(...guide)).toEqual({ faults: [], ran: 3 });
  expect(listTools(write(guide))).toEqual(['go']);
  const withGo = await runGuide(write(guide), { url: 'http://localhost:1', receiverPort: 2, tool: 'go' });
  expect(withGo).toMatchObject({ ran: 4, faults: [expect.stringContaining('the shell ended with 2')] });
});

it('finds a failed command, another answer, and a problem that is not shown', async () => {
  expect((await run(['sh run', 'false'], ['sh run', 'echo 1'])).faults).toEqual([expect.stringMatching(/^line 1: /)]);
  expect((await run(['sh run', 'echo $NAME'])).faults).toEqual([expect.stringContaining('NAME: unbound variable')]);
  const answered = await run(['sh run', `echo '{"a":2}'`], ['json answer', '{ "a": 1 }']);
  expect(answered.faults).toEqual([expect.stringContaining('{"a":2}')]);
  expect((await run(['sh run', 'echo text'], ['json answer', '{}'])).faults).toHaveLength(1);
  const problem: [string, string] = ['sh run', `echo '{"type":"/docs#problem-forbidden"}'`];
  expect((await run(problem)).faults).toHaveLength(1);
  expect((await run(problem, ['json answer', '{ "type": "/docs#problem-forbidden" }'])).faults).toEqual([]);
});

it('calls the given Worker where the guide names the one of npm start', async () => {
  const server = createServer((request, response) => response.end(request.url)).listen(0);
  const { port } = server.address() as AddressInfo;
  const command = fence('sh run', 'curl -s http://localhost:8787/health; echo " 8788"');
  const guide = `${command}${fence('text answer', '/health 99')}`;
  expect(await runGuide(guide, { url: `http://localhost:${port}`, receiverPort: 99 })).toEqual({ faults: [], ran: 1 });
  server.close();
});

it('compares the fields that are shown', () => {
  const actual = { id: 'a-1', list: [{ n: 1 }, { n: 2 }, { n: 3 }], none: null };
  for (const shown of [{}, { id: 'a-…' }, { list: ['…', { n: 2 }, '…'] }, { list: '…' }, { none: null }, { none: '…' }])
    expect(matchesJson(shown, actual), JSON.stringify(shown)).toBe(true);
  for (const shown of [
    { id: 'b-…' },
    { id: 'a' },
    { list: [{ n: 1 }] },
    { list: [{ n: 2 }, '…'] },
    { list: ['…', { n: 4 }, '…'] },
    { missing: '…' },
    { none: 0 },
    [],
  ])
    expect(matchesJson(shown, actual), JSON.stringify(shown)).toBe(false);
});
