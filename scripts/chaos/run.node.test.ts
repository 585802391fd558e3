import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { isClean, listMissingFaults } from './report.ts';
import { drain, runChaos } from './run.ts';

const MINUTE_MS = 60_000;

test('nothing acknowledged is lost or doubled while processes die, messages vanish and D1 fails', {
  timeout: 12 * MINUTE_MS,
}, async () => {
  const state = mkdtempSync(path.join(os.tmpdir(), 'chaos-'));
  onTestFinished(() => rmSync(state, { recursive: true, force: true }));
  const messages: string[] = [];
  const report = await runChaos(
    {
      state,
      events: 2_000,
      players: 20,
      kills: 3,
      outageMs: 5_000,
      shards: 1,
      seed: 1,
      // Of some hundred messages at least one: with 3%, as in the whole run, one test in twenty would have none.
      dropped: 0.09,
      // An event whose first three messages are lost is sent again after 320 seconds.
      drainTimeoutMs: 8 * MINUTE_MS,
      log: (message) => messages.push(message),
      onProgress() {},
    },
    { add: () => () => {}, exit: () => new Promise(() => {}), started: false, urgent: false },
  );
  expect(report).toMatchObject({
    events: 2_000,
    lost: { object: 0, log: 0 },
    doubled: { object: 0, log: 0 },
    unlogged: 0,
    miscounted: 0,
    kills: { worker: 1, wrangler: 1, both: 1, listener: 0 },
  });
  expect(isClean(report)).toBe(true);
  expect(listMissingFaults(report, { kills: 3, outageMs: 5_000 })).toEqual([]);
  expect(report.retries).toBeGreaterThan(0);
  expect(messages.filter((message) => message.startsWith('The Worker has ended'))).toHaveLength(2);
});

test('does not wait for ever for a Worker in trouble', async () => {
  const server = createServer((_, response) => response.writeHead(503).end()).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await expect(drain({ drainTimeoutMs: 0, onProgress() {} }, { url }, ['ann'])).rejects.toThrow('does not tell');
});
