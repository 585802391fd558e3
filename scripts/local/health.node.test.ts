import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { isHealthy } from './local-server.ts';
import { keepStoresOpen } from './watched-server.ts';

test('an answer that stops in its body is no answer, and ends nobody', async () => {
  const server = createServer((_, response) => {
    response.writeHead(200);
    response.write('{');
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  expect(await isHealthy(url, 100)).toBe(false);
  expect(await keepStoresOpen(url, 'key', 100)).toBeUndefined();
});
