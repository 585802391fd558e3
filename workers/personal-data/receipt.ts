// Makes the receipt of an erasure for those who asked for it.

import type { ErasureReceipt, StoreReceipt } from '../../models/contracts/erasure.ts';
import { type Erasure, type ErasureStore, readErasureStores } from '../storage/erasures.ts';
import { findReleaseSince } from '../storage/releases.ts';
import { openStores, type PersonalDataEnv } from './stores.ts';

export async function makeReceipt(
  env: PersonalDataEnv,
  { erasureId, requestedAt, finishedAt, snapshot }: Erasure,
): Promise<ErasureReceipt> {
  const begun = await readErasureStores(env.DB, erasureId);
  // A finished erasure lists the stores that there were at the time.
  const names = new Set([...(finishedAt === null ? openStores(env).map(({ name }) => name) : []), ...begun.keys()]);
  return {
    erasureId,
    state: finishedAt === null ? 'running' : 'done',
    requestedAt: new Date(requestedAt).toISOString(),
    finishedAt: toTime(finishedAt),
    stores: [...names].map((name) => describeStore(name, begun.get(name))),
    release: snapshot === null ? null : ((await findReleaseSince(env.BUCKET, snapshot)) ?? null),
  };
}

const describeStore = (store: string, begun: ErasureStore | undefined): StoreReceipt => ({
  store,
  state: begun?.finishedAt == null ? 'waiting' : 'done',
  rows: begun?.rows ?? null,
  at: toTime(begun?.finishedAt ?? null),
});

const toTime = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
