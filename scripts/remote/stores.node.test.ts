import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sha256Hex } from '../../models/contracts/digest.ts';
import { Refusal } from '../../tests/cloudflare/account.ts';
import { prepareStores } from '../../tests/cloudflare/prepare-stores.ts';
import { type StandIn, startStandIn } from '../../tests/cloudflare/server.ts';
import { withLease } from '../../workers/storage/leases.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import type { ConfigurationFile } from '../deploy/configuration.ts';
import { readConfigurationFile } from '../deploy/sign-in.ts';
import { openPlatform, type Platform } from '../local/platform.ts';
import { findWorkerUrl } from './find-worker.ts';
import { openRemoteStores, type RemoteStores } from './open.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const TOKEN = 'token-of-the-account';
const NAME = 'bloodstream-staging';
const CALL_D1 = /^POST .d1.database.[^/]+.query$/;

let folder: string;
let standIn: StandIn;
let local: Platform;
let remote: Stores;
let file: ConfigurationFile;
const reports: string[] = [];

const request = (env: NodeJS.ProcessEnv = {}) => ({
  env: {
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_API_BASE_URL: standIn.apiUrl,
    CLOUDFLARE_R2_BASE_URL: standIn.storageUrl,
    ...env,
  },
  environment: 'staging',
  report: (line: string) => reports.push(line),
  readConfiguration: async () => file,
  retryWaitMs: 1,
});
const open = (env?: NodeJS.ProcessEnv): Promise<RemoteStores> => openRemoteStores(request(env));

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'remote-'));
  local = await openPlatform(folder);
  standIn = await startStandIn(ACCOUNT, TOKEN, NAME);
  prepareStores(standIn.account, NAME);
  file = await readConfigurationFile();
  remote = (await open()).stores;
});
afterAll(async () => {
  standIn.close();
  await local.dispose();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  standIn.calls.splice(0);
  reports.splice(0);
});

function loseNext(lost: RegExp): void {
  standIn.isLost = (call) => {
    if (!lost.test(call)) return false;
    standIn.isLost = () => false;
    return true;
  };
}

const countCalls = (call: RegExp): number => standIn.calls.filter((made) => call.test(made)).length;

/** Returns what D1 answers, without times and sizes. */
async function useDatabase({ DB }: Stores): Promise<unknown[]> {
  const answers: unknown[] = [];
  const note = ({ results, meta: { changes } }: D1Result) => answers.push({ results, changes });
  note(await DB.prepare('create table facts (id integer primary key, text text, number real)').run());
  const insert = DB.prepare('insert into facts (text, number) select value->>0, value->>1 from json_each(?1)');
  note(await insert.bind('[["ä\\"\\u0000", 1.5], ["b", null], ["c", 9007199254740991]]').run());
  note(await DB.prepare('select * from facts where id > ?1 order by id').bind(1).all());
  note(await DB.prepare('select ?1 as text, ?2 as number, ?3 as missing').bind('1', 2, null).all());
  answers.push(await DB.prepare('select text from facts').first());
  answers.push(await DB.prepare('select text from facts where id = 3').first('text'));
  answers.push(await DB.prepare('select text from facts where id = 4').first('text'));
  const update = DB.prepare('update facts set number = ?2 where text = ?1');
  const batch = await DB.batch([update.bind('b', 7), DB.prepare('select number from facts where text = ?1').bind('b')]);
  for (const answer of batch) note(answer as D1Result);
  note(await DB.prepare('insert into facts (text) values (?1) returning id').bind('d').all());
  const broken = DB.batch([update.bind('b', 8), DB.prepare('insert into facts (id) values (1)')]);
  await expect(broken).rejects.toThrow('UNIQUE constraint failed');
  answers.push(await DB.prepare("select number from facts where text = 'b'").first('number'));
  return answers;
}

/** Returns what R2 answers, without times. */
async function useBucket({ BUCKET }: Stores): Promise<unknown[]> {
  const answers: unknown[] = [];
  const note = async (object: R2ObjectBody | null) =>
    answers.push(object && { key: object.key, size: object.size, etag: object.etag, text: await object.text() });
  const put = async (key: string, value: string, options?: R2PutOptions) =>
    answers.push((await BUCKET.put(key, value, options))?.etag ?? null);
  const list = async (options: R2ListOptions) => {
    const keys: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await BUCKET.list({ ...options, ...(cursor && { cursor }) });
      keys.push(...page.objects.map(({ key, size }) => `${key} ${size}`), ...page.delimitedPrefixes);
      cursor = page.truncated ? page.cursor : undefined;
    } while (cursor !== undefined);
    answers.push(keys);
  };
  await note(await BUCKET.get('a/none'));
  await put('a/one & two (ä)+!*.txt', 'text ä');
  await note(await BUCKET.get('a/one & two (ä)+!*.txt'));
  await put('a/pointer', '1', { onlyIf: { etagMatches: 'none' } });
  await put('a/pointer', '1', { onlyIf: { etagDoesNotMatch: '*' } });
  await put('a/pointer', '2', { onlyIf: { etagDoesNotMatch: '*' } });
  const { etag } = (await BUCKET.get('a/pointer'))!;
  await put('a/pointer', '3', { onlyIf: { etagMatches: etag } });
  await put('a/pointer', '4', { onlyIf: { etagMatches: etag } });
  await note(await BUCKET.get('a/pointer'));
  await expect(BUCKET.put('a/pointer', 'x', { sha256: '0'.repeat(64) })).rejects.toThrow();
  await put('a/digest', 'x', { sha256: await sha256Hex(new TextEncoder().encode('x')) });
  await BUCKET.put(
    'a/binary',
    Uint8Array.from({ length: 10 }, (_, byte) => 250 + byte),
  );
  const range = (await BUCKET.get('a/binary', { range: { offset: 2, length: 4 } }))!;
  answers.push([...new Uint8Array(await range.arrayBuffer())]);
  for (const key of ['a/b/1', 'a/b/2', 'a/c/1', 'b']) await put(key, key);
  await list({});
  await list({ limit: 2 });
  await list({ prefix: 'a/', delimiter: '/', limit: 2 });
  await list({ prefix: 'a/', startAfter: 'a/b/1' });
  await BUCKET.delete(['a/b/1', 'a/c/1', 'none']);
  await BUCKET.delete('b');
  await list({});
  return answers;
}

test('an account’s D1 and R2 answer as the local ones do', async () => {
  expect(await useDatabase(remote)).toEqual(await useDatabase(local));
  expect(await useBucket(remote)).toEqual(await useBucket(local));
});

test('calls that fail on their way are repeated, also when they had their effect', async () => {
  const insert = remote.DB.prepare(
    'insert into imports (id, started_at, rows_done) values (?1, 0, 0) on conflict do nothing',
  );
  loseNext(CALL_D1);
  standIn.failNext(CALL_D1, new Refusal(503, 0, 'overloaded'));
  standIn.failNext(CALL_D1, new Refusal(400, 7500, 'D1 DB storage operation caused object to be reset.'));
  standIn.failNext(CALL_D1, new Refusal(429, 0, 'Rate limited'));
  expect((await insert.bind('lost').run()).meta.changes).toBe(0);
  expect(countCalls(CALL_D1)).toBe(5);
  expect(await remote.DB.prepare("select count(*) as n from imports where id = 'lost'").first('n')).toBe(1);

  loseNext(CALL_D1);
  expect(await withLease(remote.DB, 'training', async () => 'done')).toEqual({ result: 'done' });

  const pointer = await remote.BUCKET.put('pointer', '1', { onlyIf: { etagDoesNotMatch: '*' } });
  loseNext(/^PUT .*pointer/);
  // It is its own file that is there.
  expect(await remote.BUCKET.put('pointer', '2', { onlyIf: { etagMatches: pointer!.etag } })).not.toBeNull();
  standIn.failNext(/^PUT .*pointer/, new Refusal(503, 0, 'ServiceUnavailable'));
  // It is somebody else's.
  expect(await remote.BUCKET.put('pointer', '3', { onlyIf: { etagMatches: pointer!.etag } })).toBeNull();
  standIn.failNext(/^GET .*pointer/, new Refusal(500, 0, 'InternalError'));
  expect(await (await remote.BUCKET.get('pointer'))!.text()).toBe('2');
});

test('refusals say what to do, and are not repeated', async () => {
  await expect(remote.DB.prepare('select * from nowhere').all()).rejects.toThrow(/no such table: nowhere/);
  expect(countCalls(CALL_D1)).toBe(1);
  standIn.mayCall = (call) => !call.includes('/r2/');
  await expect(remote.BUCKET.get('a')).rejects.toThrow(/AccessDenied: .* “Workers R2 Storage: Edit”/);
  standIn.mayCall = () => true;
  const files = standIn.account.getBucket(NAME);
  standIn.account.buckets.delete(NAME);
  await expect(remote.BUCKET.get('a')).rejects.toThrow(/NoSuchBucket: run `npm run deploy` first/);
  await expect(open()).rejects.toThrow(
    `the account has no R2 bucket ${NAME}: run \`npm run deploy -- --env staging\` first`,
  );
  standIn.account.buckets.set(NAME, files);
  await expect(remote.BUCKET.get('a', { onlyIf: { etagMatches: 'b' } })).rejects.toThrow('the option onlyIf');
  expect(() => remote.DB.prepare('select ?1').bind(undefined)).toThrow('type undefined');

  await expect(open({ CLOUDFLARE_API_TOKEN: '' })).rejects.toThrow('set CLOUDFLARE_API_TOKEN');
  reports.splice(0);
  const forget = (sql: string) => standIn.account.query(NAME, sql);
  forget("update d1_migrations set name = 'later.sql' where name = '0000_start.sql'");
  await expect(open()).rejects.toThrow(/lacks 0000_start.sql: run `npm run deploy -- --env staging` first/);
  forget("insert into d1_migrations (name) values ('0000_start.sql')");
  await expect(open()).rejects.toThrow(/has later.sql of another version/);
  forget("delete from d1_migrations where name = 'later.sql'");
  standIn.isAccountToken = true;
  expect((await open()).configuration.name).toBe(NAME);
  // Before anything is read there; never with a secret.
  expect(reports).toEqual(Array(3).fill(`Account ${ACCOUNT}, Worker ${NAME}: D1 ${NAME}; R2 ${NAME}`));
  expect(standIn.calls.join()).not.toContain(TOKEN);
});

test('the Worker’s address is its own domain, or the one under workers.dev', async () => {
  expect(await findWorkerUrl(request())).toBe(`https://${NAME}.a-store.workers.dev`);
  const routes = [{ pattern: 'staging.games.example', custom_domain: true }];
  const own = async () => ({ ...file, env: { staging: { routes } } });
  expect(await findWorkerUrl({ ...request(), readConfiguration: own })).toBe('https://staging.games.example');
  expect(reports).toEqual([
    `Account ${ACCOUNT}, Worker ${NAME}: https://${NAME}.a-store.workers.dev`,
    `Account ${ACCOUNT}, Worker ${NAME}: https://staging.games.example`,
  ]);
});
