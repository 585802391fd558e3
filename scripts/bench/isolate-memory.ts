// Measures the memory of an isolate with ORT and a release: the JavaScript heap from V8's inspector, and ORT's memory,
// which is outside the heap. Uses `wrangler dev` for its inspector; its proxy does not matter here.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { readHeapUsage } from '../local/heap-usage.ts';
import { startLocalServer } from '../local/local-server.ts';
import { openPlatform, type Platform } from '../local/platform.ts';

const PORT = 18_787;
const INSPECTOR_PORT = 19_229;
const GALLERIES = 50;

export interface IsolateMemory {
  /** Memory that V8 reserves for the isolate's objects, code included, after a garbage collection. */
  heapMB: number;
  /** Array buffers: the release's neighbours, scores, model bytes in passing. */
  buffersMB: number;
  /** Linear memory of ORT with the model in it. */
  ortMB: number;
}

/** `fill`: stores items, among them g1, and a release. */
export async function measureIsolateMemory(
  key: string,
  fill: (stores: Platform) => Promise<void>,
): Promise<IsolateMemory> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-memory-'));
  const variables = path.join(state, 'key.env');
  writeFileSync(variables, `ADMIN_KEY=${key}\n`);
  const platform = await openPlatform(state);
  await fill(platform).finally(() => platform.dispose());
  const server = startLocalServer(PORT, state, ['--inspector-port', String(INSPECTOR_PORT), '--env-file', variables]);
  try {
    await server.ready;
    const get = async (route: string) => {
      const response = await fetch(`${server.url}${route}`, { headers: { authorization: `Bearer ${key}` } });
      if (!response.ok) throw new Error(`${route}: ${response.status}`);
      return (await response.json()) as { modelMemoryMB: number | null };
    };
    await fetch(`${server.url}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ events: [{ id: '1', userId: 'player', type: 'play', itemId: 'g1' }] }),
    });
    for (let gallery = 0; gallery < GALLERIES; gallery++) await get('/v1/users/player/gallery');
    const { totalSize, embedderHeapUsedSize, backingStorageSize } = await readHeapUsage(INSPECTOR_PORT);
    const { modelMemoryMB } = await get('/v1/status');
    if (modelMemoryMB === null) throw new Error('the model is not loaded');
    return {
      heapMB: (totalSize + embedderHeapUsedSize) / 1e6,
      buffersMB: backingStorageSize / 1e6,
      ortMB: modelMemoryMB,
    };
  } finally {
    await server.stop();
    rmSync(state, { recursive: true, force: true });
  }
}
