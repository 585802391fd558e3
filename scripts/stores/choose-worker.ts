// Chooses the Worker that a command calls, and the key that it calls it with: one at an address, or one of an account.

import { findKey } from '../local/find-key.ts';
import { findWorkerUrl } from '../remote/find-worker.ts';
import type { StoreFlags } from './choose.ts';

export interface WorkerFlags extends Pick<StoreFlags, 'remote' | 'env'> {
  url: string;
}

/** Names an account and its Worker on stderr. Throws if there is no such Worker, or no key for it. */
export async function chooseWorker(flags: WorkerFlags): Promise<{ url: string; key: string }> {
  const { url, remote, env: environment } = flags;
  if (!remote) return { url, key: findKey(url) };
  const found = await findWorkerUrl({ env: process.env, environment, report: console.error });
  return { url: found, key: findKey(found) };
}
