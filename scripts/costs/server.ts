// Runs the counting Worker in workerd over a store of its own, and reads the counters. It sends no load.

import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createTestHarness } from 'wrangler';
import type { Stores } from '../../workers/storage/stores.ts';
import { readCpuSeconds } from '../bench/process-tree.ts';
import { readProduct } from '../local/product.ts';
import { PROJECT_DIR } from '../local/project.ts';
import type { Usage } from './usage.ts';

export const KEY = 'costs';
/** Counts what the product's Worker uses. */
const WORKER = path.join(import.meta.dirname, 'worker.ts');
const POLL_MS = 1_000;
const IDLE_MS = 5_000;

export interface CountedServer {
  url: string;
  stores: Stores;
  /** Processor time of an idle server is left out after this call. */
  measureIdleTime(): Promise<void>;
  readStored(): Promise<Pick<Usage, 'd1Bytes' | 'r2Bytes'>>;
  /** Wakes the objects of these players. */
  readObjectBytes(userIds: readonly string[]): Promise<number>;
  readUsage(): Promise<Usage>;
  /** The next call of these players' objects wakes them. */
  evictObjects(userIds: readonly string[]): Promise<void>;
  runCron(cron: string): Promise<void>;
  /** Waits for `leastMs`, and then until nothing has been counted for `quietMs`. */
  settle(leastMs: number, quietMs: number): Promise<void>;
  close(): Promise<void>;
}

export async function startCounted(): Promise<CountedServer> {
  const harness = createTestHarness({
    root: PROJECT_DIR,
    workers: [{ config: { ...readProduct(), main: WORKER }, secrets: { ADMIN_KEY: KEY } }],
  });
  const { url } = await harness.listen();
  const running = harness.getWorker<Env>();
  await running.applyD1Migrations('DB');
  const { DB, BUCKET } = await running.getEnv();
  let idleMsPerMs = 0;
  const startedAt = Date.now();
  const readCpuMs = () => 1_000 * readCpuSeconds(process.pid, 'workerd') - idleMsPerMs * (Date.now() - startedAt);
  const ask = async <T>(route: string): Promise<T> =>
    (await fetch(`${url.origin}/costs/${route}`)).json() as Promise<T>;
  const readUsage = async (): Promise<Usage> => ({ ...(await ask<Usage>('usage')), cpuMs: readCpuMs() });
  return {
    url: url.origin,
    stores: { DB, BUCKET },
    readUsage,
    async measureIdleTime() {
      const before = readCpuMs();
      await sleep(IDLE_MS);
      idleMsPerMs = (readCpuMs() - before) / IDLE_MS;
    },
    async readStored() {
      const { meta } = await DB.prepare('select 1').all();
      return { d1Bytes: meta.size_after, r2Bytes: await sumObjects(BUCKET) };
    },
    readObjectBytes(userIds) {
      const query = new URLSearchParams(userIds.map((userId) => ['userId', userId]));
      return ask<number>(`object-bytes?${query}`);
    },
    async evictObjects(userIds) {
      for (const name of userIds) await running.evictDurableObject('USER_SIGNALS', { name });
    },
    async runCron(cron) {
      const { outcome } = await running.scheduled({ cron });
      if (outcome !== 'ok') throw new Error(`the cron ${cron} ended with “${outcome}”`);
    },
    async settle(leastMs, quietMs) {
      const endsAt = Date.now() + leastMs;
      let counts = '';
      let since = Date.now();
      while (Date.now() < endsAt || Date.now() - since < quietMs) {
        await sleep(POLL_MS);
        const now = JSON.stringify(await ask('usage'));
        if (now !== counts) [counts, since] = [now, Date.now()];
      }
    },
    close: () => harness.close(),
  };
}

async function sumObjects(bucket: R2Bucket): Promise<number> {
  let bytes = 0;
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list(cursor === undefined ? {} : { cursor });
    bytes += page.objects.reduce((sum, { size }) => sum + size, 0);
    if (!page.truncated) return bytes;
    cursor = page.cursor;
  }
}
