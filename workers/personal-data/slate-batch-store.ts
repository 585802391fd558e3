// Slates of players in batches that no snapshot has taken yet. Those written later are filtered when they are taken.

import { SLATE_BATCHES_PREFIX } from '../../models/contracts/layout.ts';
import type { LoggedSlate } from '../../models/contracts/slate.ts';
import { packSlates, readSlateBatch } from '../storage/slates.ts';
import { eraseUnexported } from './export-lease.ts';
import { countAll, type PersonalDataStore } from './store.ts';

export function openSlateBatchStore(db: D1Database, bucket: R2Bucket): PersonalDataStore {
  async function* readRows(userIds: readonly string[], until: number) {
    for await (const { slates } of readBatches(bucket)) yield* slates.filter((slate) => isOwn(slate, userIds, until));
  }
  return {
    name: 'slates',
    readRows,
    countRows: (userIds, until) => countAll(readRows(userIds, until)),
    // Must not rewrite a batch that an export has just exported and deleted.
    eraseRows: (userIds, until) =>
      eraseUnexported(db, async () => {
        for await (const { key, slates } of readBatches(bucket)) {
          const kept = slates.filter((slate) => !isOwn(slate, userIds, until));
          if (kept.length === slates.length) continue;
          if (kept.length === 0) await bucket.delete(key);
          else await bucket.put(key, packSlates(kept));
        }
        return true;
      }),
  };
}

const isOwn = ({ userId, shownAt }: LoggedSlate, userIds: readonly string[], until: number): boolean =>
  userIds.includes(userId) && shownAt <= until;

async function* readBatches(bucket: R2Bucket): AsyncGenerator<{ key: string; slates: LoggedSlate[] }> {
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix: SLATE_BATCHES_PREFIX, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key } of page.objects) yield { key, slates: (await readSlateBatch(bucket, key)) ?? [] };
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}
