// Starts the real bundle in workerd with empty stores, for tests that go through the front door.

import { createTestHarness } from 'wrangler';
import type { Stores } from '../workers/storage/stores.ts';

export const TEST_KEYS = { ADMIN_KEY: 'test-admin', INGEST_KEY: 'test-ingest', READ_KEY: 'test-read' };

export interface Bundle {
  url: string;
  stores: Stores;
  /** A request with the admin key, unless another is given; JSON in and out. */
  call(path: string, init?: { method?: string; body?: unknown; key?: string | null }): Promise<{ status: number; body: any; headers: Headers }>;
  runCron(cron: string): Promise<void>;
  close(): Promise<void>;
}
