// Runs the Worker with V8's inspector, to measure the memory of its isolate: the JavaScript heap, and ORT's memory,
// which is outside the heap. Uses `wrangler dev` for its inspector; its proxy does not matter here.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readHeapUsage } from '../local/heap-usage.ts';
import { startLocalServer } from '../local/local-server.ts';
import { openPlatform, type Platform } from '../local/platform.ts';

const PORT = 18_787;
const INSPECTOR_PORT = 19_229;
const GALLERIES = 50;
/** By then, the work that answers leave behind is done; it holds some 130 kB an answer. */
const REST_MS = 3_000;

export interface IsolateMemory {
  /** Memory that V8 reserves for the isolate's objects, code included, after a garbage collection. */
  heapMB: number;
  /** Array buffers: the catalogue's columns, the release's neighbours, scores. */
  buffersMB: number;
  /** Linear memory of ORT with the model in it; 0 without a model. */
  ortMB: number;
}

/** A Worker that has just started, and whose isolate has read nothing. */
export interface InspectedWorker {
  /** Throws on any answer but a success. */
  get<T>(route: string): Promise<T>;
  send(method: 'POST' | 'PUT', route: string, body?: object): Promise<unknown>;
  /** At rest. */
  readMemory(): Promise<IsolateMemory>;
}

/** Starts a Worker with the filled stores, and stops it when `use` settles. */
type Start = <T>(use: (worker: InspectedWorker) => Promise<T>) => Promise<T>;

/** `fill`: writes to the stores. Deletes them when `use` settles. */
export async function withFilledStores<T>(
  key: string,
  fill: (stores: Platform) => Promise<void>,
  use: (start: Start) => Promise<T>,
): Promise<T> {
  const state = mkdtempSync(path.join(os.tmpdir(), 'bloodstream-memory-'));
  const variables = path.join(state, 'key.env');
  writeFileSync(variables, `ADMIN_KEY=${key}\n`);
  const flags = ['--inspector-port', String(INSPECTOR_PORT), '--env-file', variables];
  try {
    const platform = await openPlatform(state);
    await fill(platform).finally(() => platform.dispose());
    return await use(async (useWorker) => {
      const server = startLocalServer(PORT, state, flags);
      try {
        await server.ready;
        return await useWorker(inspectWorker(server.url, key));
      } finally {
        await server.stop();
      }
    });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}

function inspectWorker(url: string, key: string): InspectedWorker {
  const request = async (route: string, init: RequestInit = {}) => {
    const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
    const response = await fetch(`${url}${route}`, { ...init, headers });
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    get: <T>(route: string) => request(route) as Promise<T>,
    send: (method, route, body = {}) => request(route, { method, body: JSON.stringify(body) }),
    async readMemory() {
      await sleep(REST_MS);
      const { totalSize, embedderHeapUsedSize, backingStorageSize } = await readHeapUsage(INSPECTOR_PORT, url);
      const { modelMemoryMB } = (await request('/v1/status')) as { modelMemoryMB: number | null };
      return {
        heapMB: (totalSize + embedderHeapUsedSize) / 1e6,
        buffersMB: backingStorageSize / 1e6,
        ortMB: modelMemoryMB ?? 0,
      };
    },
  };
}

/** Records an event of the player's, then asks for galleries, so that all that serves them is in memory. */
export async function warmUp({ get, send }: InspectedWorker): Promise<void> {
  await send('POST', '/v1/events', { events: [{ id: '1', userId: 'player', type: 'play', itemId: 'g1' }] });
  for (let gallery = 0; gallery < GALLERIES; gallery++) await get('/v1/users/player/gallery');
}

/** `fill`: stores items, among them g1, and a release. */
export const measureIsolateMemory = (key: string, fill: (stores: Platform) => Promise<void>): Promise<IsolateMemory> =>
  withFilledStores(key, fill, (start) =>
    start(async (worker) => {
      await warmUp(worker);
      const memory = await worker.readMemory();
      if (memory.ortMB === 0) throw new Error('the model is not loaded');
      return memory;
    }),
  );

/** In all. */
export const sumMemory = ({ heapMB, buffersMB, ortMB }: IsolateMemory): number => heapMB + buffersMB + ortMB;

export const formatMemory = (memory: IsolateMemory): string => {
  const { heapMB, buffersMB, ortMB } = memory;
  const parts = `heap ${heapMB.toFixed(0)}, buffers ${buffersMB.toFixed(0)}, ORT ${ortMB.toFixed(0)}`;
  return `${sumMemory(memory).toFixed(0)} MB (${parts})`;
};
