import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readHeapUsage } from './heap-usage.ts';
import { findFreePort, startLocalServer } from './local-server.ts';
import { withTemporaryFolder } from './temporary-folder.ts';

const BYTES = 40e6;
const WORKER = `
  let held;
  export default {
    fetch(request) {
      if (request.url.endsWith('/hold')) held = new Uint8Array(${BYTES});
      if (request.url.endsWith('/drop')) held = undefined;
      return new Response('');
    },
  };
`;

test('counts what an idle isolate still holds, not what it has released', () =>
  withTemporaryFolder('heap-usage', async (folder) => {
    const config = path.join(folder, 'wrangler.json');
    writeFileSync(path.join(folder, 'worker.js'), WORKER);
    writeFileSync(config, JSON.stringify({ name: 'garbage', main: 'worker.js', compatibility_date: '2026-11-01' }));
    const [port, inspectorPort] = [await findFreePort(), await findFreePort()];
    const server = startLocalServer(port, folder, ['--config', config, '--inspector-port', String(inspectorPort)]);
    try {
      await server.ready;
      const readBuffers = async () => (await readHeapUsage(inspectorPort, server.url)).backingStorageSize;
      await fetch(`${server.url}/hold`);
      await fetch(`${server.url}/drop`);
      expect(await readBuffers()).toBeLessThan(BYTES / 2);
      await fetch(`${server.url}/hold`);
      expect(await readBuffers()).toBeGreaterThan(BYTES);
    } finally {
      await server.stop();
    }
  }));
