import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { makeTokenKey } from '../local/make-token-key.ts';
import { changeTokenKey } from './change-key.ts';
import type { PublishedKey } from './choose-slot.ts';

const publish = (slot: number, nbf: number): PublishedKey => JSON.parse(makeTokenKey(slot, nbf));

/** Publishes a new secret only after that many reads. */
async function startWorker(readsUntilSpread: number) {
  const slots = new Map<string, PublishedKey>();
  let spreading: { name: string; key: PublishedKey; reads: number } | undefined;
  const server = createServer((_, response) => {
    if (spreading !== undefined && ++spreading.reads > readsUntilSpread) slots.set(spreading.name, spreading.key);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [...slots.values()] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const putSecret = async (name: string, value: string) => {
    spreading = { name, key: JSON.parse(value), reads: 0 };
  };
  return { slots, putSecret, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

test('run twice in a row after a leak, it replaces both keys, although a secret takes time to spread', async () => {
  const { slots, ...worker } = await startWorker(3);
  const now = Math.floor(Date.now() / 1000);
  const leaked = [publish(0, now - 90 * 86_400), publish(1, now - 31 * 86_400)];
  for (const key of leaked) slots.set(`TOKEN_KEY_${key.kid[0]}`, key);
  const put: number[] = [];
  for (let run = 0; run < 2; run++)
    await changeTokenKey({
      ...worker,
      isForced: true,
      onPut: ({ slot }) => put.push(slot),
      pollMs: 1,
      limitMs: 10_000,
    });
  expect(put).toEqual([0, 1]);
  for (const { kid } of slots.values()) expect(leaked.map((key) => key.kid)).not.toContain(kid);
});

test('says what to do if the Worker does not publish the key', async () => {
  const { slots: _, ...worker } = await startWorker(Number.POSITIVE_INFINITY);
  const change = changeTokenKey({ ...worker, isForced: false, onPut: () => {}, pollMs: 1, limitMs: 50 });
  await expect(change).rejects.toThrow(/TOKEN_KEY_0 is stored, .* run this again only once the key is listed/s);
});

test('does not wait longer for a Worker that begins an answer and does not end it', async () => {
  let isSilent = false;
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).write('{"keys":[');
    if (!isSilent) response.end(']}');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const change = changeTokenKey({
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isForced: false,
    putSecret: async () => {
      isSilent = true;
    },
    onPut: () => {},
    pollMs: 1,
    limitMs: 500,
  });
  await expect(change).rejects.toThrow(/TOKEN_KEY_0 is stored, .* run this again only once the key is listed/s);
});
