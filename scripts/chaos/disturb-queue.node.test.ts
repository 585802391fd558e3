import { expect, test } from 'vitest';
import { disturbBatch } from './disturb-queue.ts';

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
  const losing = { dropped: 1, doubled: 0, delayed: 0 };
  expect(disturbBatch(batch, losing, random, () => true).report.dropped).toBe(0);
});
