import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { sealRelease } from '../../models/release/seal-release.ts';
import { prepareStores } from '../../tests/cloudflare/prepare-stores.ts';
import { type StandIn, startStandIn } from '../../tests/cloudflare/server.ts';
import { fakeFacts } from '../../tests/fake-release.ts';
import { readPointer } from '../../workers/storage/release-pointer.ts';
import { publishRelease, readCurrentRelease, readManifest } from '../../workers/storage/releases.ts';
import { readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import type { ConfigurationFile } from '../deploy/configuration.ts';
import { readConfigurationFile } from '../deploy/sign-in.ts';
import { importFiles } from '../import/write.ts';
import { countLog, exportLog } from '../log/catch-up.ts';
import type { OpenStores } from '../stores/choose.ts';
import { openRemoteStores } from './open.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const TOKEN = 'token-of-the-account';
const NOW = Date.UTC(2026, 3, 1);
const LIMIT_MS = 300_000;
const PLAYS = Array.from({ length: 40 }, (_, n) => `p${n % 8},game${n % 5},2026-03-0${1 + (n % 9)}T00:00:0${n % 10}Z`);

type Work = (stores: OpenStores) => Promise<unknown>;

let folder: string;
let plays: string;
let standIn: StandIn;
let file: ConfigurationFile;
let accounts = 0;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'failures-'));
  plays = path.join(folder, 'plays.csv');
  writeFileSync(plays, `player,game,at\n${PLAYS.join('\n')}\n`);
  standIn = await startStandIn(ACCOUNT, TOKEN, 'bloodstream');
  file = await readConfigurationFile();
});
afterAll(() => {
  standIn.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  // A publication reports what the Worker's cron will make up for.
  vi.spyOn(console, 'error').mockImplementation(() => {});
  standIn.mayCall = () => true;
  standIn.isLost = () => false;
});

/** Stores of an environment of their own, with nothing in them. */
async function openEmpty(): Promise<OpenStores> {
  const environment = `trial-${++accounts}`;
  prepareStores(standIn.account, `bloodstream-${environment}`);
  const { stores } = await openRemoteStores({
    env: {
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_ACCOUNT_ID: ACCOUNT,
      CLOUDFLARE_API_BASE_URL: standIn.apiUrl,
      CLOUDFLARE_R2_BASE_URL: standIn.storageUrl,
    },
    environment,
    report: () => {},
    readConfiguration: async () => file,
    retryWaitMs: 1,
  });
  return { ...stores, state: path.join(folder, environment) };
}

/** Everything that the work may have changed, without times. */
async function describe({ DB, BUCKET }: OpenStores): Promise<unknown> {
  const all = async (sql: string) => (await DB.prepare(sql).all()).results;
  const { events } = await readSnapshotOrEmpty(BUCKET);
  const pointer = await readPointer(BUCKET);
  return {
    events: await all('select id, user_id, item_id, type, timestamp from events order by user_id, id'),
    items: await all('select item_id, title from items order by item_id'),
    users: await all('select user_id, last_event_at from users order by user_id'),
    imports: await all('select rows_done, finished_at is null as isOpen from imports order by id'),
    counts: await all('select * from day_totals order by day'),
    days: await all('select day, user_id, item_id, type from player_days order by 1, 2, 3, 4'),
    exported: events.reduce((sum, { rows }) => sum + rows, 0),
    release: pointer && { ...(await readManifest({ BUCKET }, pointer)), previous: pointer.previous?.version },
  };
}

const importAndCount: Work = async (stores) => {
  await importFiles(stores, { path: plays, format: 'csv', columns: { user: 'player', item: 'game', time: 'at' } }, NOW);
  await countLog(stores, () => {}, { gamesPerDay: 200 });
};

async function publish(stores: OpenStores, version: string): Promise<void> {
  const { etag } = await readCurrentRelease(stores);
  const release = await sealRelease(fakeFacts(version), {
    model: new TextEncoder().encode(`model of ${version}`),
    itemIds: ['a', 'b'],
    neighbours: { items: 2, perItem: 1, neighbours: Int32Array.of(1, 0), weights: Float32Array.of(1, 0.5) },
  });
  const published = await publishRelease(stores.BUCKET, release, etag, NOW);
  if (!published.ok) throw new Error(published.error);
}

const importAndPublish: Work = async (stores) => {
  await importAndCount(stores);
  await publish(stores, 'v1');
};

const exportAndPublish: Work = async (stores) => {
  await exportLog(stores, () => {});
  await publish(stores, 'v2');
};

/** Does the work once for each of its calls, on new stores, while that call is disturbed. */
async function disturbEachCall(
  before: Work,
  work: Work,
  disturb: (stores: OpenStores, isDisturbed: (call: string) => boolean) => Promise<void>,
): Promise<number> {
  const undisturbed = await openEmpty();
  await before(undisturbed);
  const from = standIn.calls.length;
  await work(undisturbed);
  const calls = standIn.calls.length - from;
  const expected = await describe(undisturbed);
  for (let n = 0; n < calls; n++) {
    const stores = await openEmpty();
    await before(stores);
    let call = -1;
    await disturb(stores, () => ++call === n);
    expect(await describe(stores), `call ${n}`).toEqual(expected);
  }
  return calls;
}

for (const [name, before, work] of [
  ['an import', async () => {}, importAndCount],
  ['an export and a publication', importAndPublish, exportAndPublish],
] as const) {
  test(
    `${name}: any call’s answer may be lost`,
    async () => {
      const calls = await disturbEachCall(before, work, async (stores, isDisturbed) => {
        standIn.isLost = isDisturbed;
        await work(stores);
        standIn.isLost = () => false;
      });
      expect(calls).toBeGreaterThan(10);
    },
    LIMIT_MS,
  );

  test(
    `${name}: any call may fail, and running it again completes it`,
    async () => {
      await disturbEachCall(before, work, async (stores, isDisturbed) => {
        standIn.mayCall = (call) => !isDisturbed(call);
        // The release of a lease may fail without ending the work.
        const failed = await work(stores).then(
          () => false,
          () => true,
        );
        standIn.mayCall = () => true;
        await stores.DB.prepare('delete from leases').run();
        if (failed) await work(stores);
      });
    },
    LIMIT_MS,
  );
}
