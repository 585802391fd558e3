import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { findWorkerPort } from './worker-port.ts';

const listen = async (status: number): Promise<number> => {
  const server = createServer((_, response) => response.writeHead(status).end());
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
};

test.runIf(process.platform === 'linux')('of a process’s ports, the one that is healthy is found', async () => {
  await listen(404);
  const healthy = await listen(200);
  expect(await findWorkerPort(process.pid)).toBe(healthy);
});

test('without such a port, or such a process, there is none', async () => {
  await listen(404);
  expect(await findWorkerPort(process.pid)).toBeUndefined();
  expect(await findWorkerPort(2 ** 30)).toBeUndefined();
});
