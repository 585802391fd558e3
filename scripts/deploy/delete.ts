// Takes a Worker down with all that is its own. What is deleted cannot be brought back.

import type { Account, AccountState } from './account.ts';
import { CloudflareError } from './api.ts';
import type { Configuration } from './configuration.ts';

const NOT_EMPTY = /not empty/i;

/** One line for each thing that would be deleted. */
export const describeDeletion = ({ name }: Configuration, state: AccountState): string[] => [
  ...(state.worker === undefined ? [] : [`Worker ${name}, with all players’ objects and all secrets`]),
  ...[...state.queues.keys()].map((queue) => `queue ${queue}, with its messages`),
  ...[...state.databases.keys()].map((database) => `D1 database ${database}, with all rows`),
  ...[...state.buckets].map((bucket) => `R2 bucket ${bucket}`),
];

/**
 * Deletes queues first: Cloudflare keeps a Worker that consumes one. The bucket comes last, because Cloudflare deletes
 * only empty ones.
 */
export async function deleteAll(account: Account, state: AccountState, report: (line: string) => void): Promise<void> {
  for (const [queue, { id }] of state.queues) {
    report(`Deleting the queue ${queue}…`);
    await account.deleteQueue(id);
  }
  if (state.worker !== undefined) {
    report('Deleting the Worker…');
    await account.deleteWorker();
  }
  for (const [database, { id }] of state.databases) {
    report(`Deleting the D1 database ${database}…`);
    await account.deleteDatabase(id);
  }
  for (const bucket of state.buckets) {
    report(`Deleting the R2 bucket ${bucket}…`);
    await account.deleteBucket(bucket).catch((error) => explainFullBucket(bucket, error));
  }
}

function explainFullBucket(bucket: string, error: unknown): never {
  if (!(error instanceof CloudflareError && NOT_EMPTY.test(error.message))) throw error;
  throw new Error(
    `all is deleted but the R2 bucket ${bucket}, which has files: empty it at ` +
      `https://dash.cloudflare.com/?to=/:account/r2/default/buckets/${bucket}/settings, and run this again`,
  );
}
