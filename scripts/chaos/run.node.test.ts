import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { countLosses } from './count.ts';
import { disturbBatch } from './disturb-queue.ts';
import { isClean } from './report.ts';
import { runChaos } from './run.ts';

const MINUTE_MS = 60_000;

test('nothing acknowledged is lost or doubled while processes die, messages vanish and D1 fails', {
  timeout: 8 * MINUTE_MS,
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
      seed: 1,
      drainTimeoutMs: 5 * MINUTE_MS,
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
    kills: { worker: 1, wrangler: 1, both: 1, listener: 0 },
  });
  expect(isClean(report)).toBe(true);
  expect(report.messages.dropped).toBeGreaterThan(0);
  expect(report.messages.doubled).toBeGreaterThan(0);
  expect(report.retries).toBeGreaterThan(0);
  expect(messages.filter((message) => message.startsWith('The Worker has ended'))).toHaveLength(2);
});

test('an event that is missing or there twice is counted in the store that it concerns', () => {
  const acknowledged = new Map([
    ['anna', new Set(['1', '2', '3'])],
    ['bert', new Set(['1'])],
  ]);
  const object = new Map([
    ['anna', ['1', '2', '2', 'not acknowledged']],
    ['bert', ['1']],
  ]);
  const log = new Map([['anna', ['3', '2', '1']]]);
  expect(countLosses(acknowledged, { object, log })).toEqual({
    lost: { object: 1, log: 1 },
    doubled: { object: 1, log: 0 },
  });
});

test('a disturbed batch drops, delays, doubles and reorders its messages, and settles each once', () => {
  const verdicts: string[] = [];
  const messages = Array.from({ length: 300 }, (_, number) => ({
    id: String(number),
    ack: () => verdicts.push(`ack ${number}`),
    retry: () => verdicts.push(`retry ${number}`),
  }));
  const batch = { queue: 'events', messages } as unknown as MessageBatch<unknown>;
  let seed = 0;
  const random = () => {
    seed = (seed * 16_807 + 1) % 2_147_483_647;
    return seed / 2_147_483_647;
  };
  const { batches, report } = disturbBatch(batch, { dropped: 0.1, doubled: 0.2, delayed: 0.1 }, random);
  const [first, doubles] = batches.map((disturbed) => disturbed.messages.map(({ id }) => Number(id)));
  expect(report.dropped).toBeGreaterThan(10);
  expect(report.delayed).toBeGreaterThan(10);
  expect(first!.length).toBe(300 - report.dropped - report.delayed);
  expect(doubles!.length).toBe(report.doubled);
  expect(doubles!.every((number) => first!.includes(number))).toBe(true);
  expect(report.reordered).toBeGreaterThan(100);
  expect(verdicts.filter((verdict) => verdict.startsWith('ack'))).toHaveLength(report.dropped);
  expect(verdicts.filter((verdict) => verdict.startsWith('retry'))).toHaveLength(report.delayed);
  batches[0]!.ackAll();
  expect(new Set(verdicts).size).toBe(300);
});
