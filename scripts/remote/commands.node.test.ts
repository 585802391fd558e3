import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { listPlays } from '../../tests/cloudflare/list-plays.ts';
import { prepareStores } from '../../tests/cloudflare/prepare-stores.ts';
import { runCommand } from '../../tests/cloudflare/run-command.ts';
import { type StandIn, startStandIn } from '../../tests/cloudflare/server.ts';
import { copyProject } from '../../tests/copy-project.ts';
import { readPointer } from '../../workers/storage/release-pointer.ts';
import { readManifest } from '../../workers/storage/releases.ts';
import { readSnapshotOrEmpty } from '../../workers/storage/snapshots.ts';
import type { Stores } from '../../workers/storage/stores.ts';
import { PROJECT_DIR } from '../local/project.ts';
import { readSigningKey, writeSigningKey } from '../train/signing-key.ts';
import { openRemoteStores } from './open.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const TOKEN = 'token-of-the-account';
const NAME = 'bloodstream-staging';
const LIMIT_MS = 300_000;
const PLAYERS = 60;
const EVENTS = 6 * PLAYERS;

let folder: string;
let plays: string;
let standIn: StandIn;
let env: NodeJS.ProcessEnv;
let stores: Stores;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'remote-'));
  plays = path.join(folder, 'plays.csv');
  writeFileSync(plays, listPlays(PLAYERS));
  standIn = await startStandIn(ACCOUNT, TOKEN, NAME);
  prepareStores(standIn.account, NAME);
  env = {
    PATH: process.env.PATH,
    HOME: folder,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    CLOUDFLARE_API_TOKEN: TOKEN,
    CLOUDFLARE_API_BASE_URL: standIn.apiUrl,
    CLOUDFLARE_R2_BASE_URL: standIn.storageUrl,
  };
  ({ stores } = await openRemoteStores({ env, environment: 'staging', report: () => {} }));
}, LIMIT_MS);
afterAll(() => {
  standIn.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => void standIn.calls.splice(0));

/** Runs a command on the account. */
const run = (script: string, ...args: string[]) => start(script, ...args, '--env', 'staging', '--state', folder);

async function start(script: string, ...args: string[]) {
  const ran = await runCommand(env, script, args);
  expect(ran.stdout + ran.stderr).not.toContain(TOKEN);
  return ran;
}

/** A copy of the project with more in its wrangler.toml. Returns its scripts, relative to this project's. */
function changeConfiguration(more: string): string {
  const copy = path.join(folder, 'project');
  copyProject(copy);
  appendFileSync(path.join(copy, 'wrangler.toml'), more);
  return path.relative(path.join(PROJECT_DIR, 'scripts'), path.join(copy, 'scripts'));
}

const importPlays = () =>
  run('import.ts', plays, '--format', 'csv', '--columns', 'user=player,item=game,time=at', '--json');
const train = (...args: string[]) =>
  run('train.ts', '--algorithms', 'item-knn', '--budget', '5s', '--force', '--json', ...args);
const count = (what: string) => stores.DB.prepare(`select count(*) as n from ${what}`).first<number>('n');

test(
  'an import that breaks off resumes, and is not repeated',
  async () => {
    // The write of the events: what comes before are the calls of opening, of the catalogue and of the progress.
    let calls = 0;
    standIn.mayCall = (call) => !call.endsWith('/query') || ++calls < 12;
    const broken = await importPlays();
    expect([broken.exitCode, broken.stdout]).toEqual([1, '']);
    expect(broken.stderr).toMatch(
      new RegExp(`^Account ${ACCOUNT}, Worker ${NAME}: D1 ${NAME}; R2 ${NAME}\n.*permission “D1: Edit”`, 's'),
    );
    expect(broken.stderr).toContain('the same command resumes');
    standIn.mayCall = () => true;
    expect(await count('events')).toBeLessThan(EVENTS);

    const whole = await importPlays();
    expect(whole.exitCode, whole.stderr).toBe(0);
    expect(JSON.parse(whole.stdout)).toMatchObject({ alreadyDone: false, interactionsRead: EVENTS });
    expect([await count('events'), await count('items where deleted_at is null')]).toEqual([EVENTS, 24]);
    // The crons would need hours for a large import.
    expect(await stores.DB.prepare('select sequence from roll_up').first('sequence')).toBe(EVENTS);
    expect(JSON.parse((await importPlays()).stdout)).toMatchObject({ alreadyDone: true });
  },
  LIMIT_MS,
);

test(
  'a training publishes to the account, signed; the next one replaces its release, one at a time',
  async () => {
    const keyFile = path.join(folder, 'key.json');
    writeSigningKey(keyFile);
    const { publicKey } = readSigningKey(keyFile)!;
    const first = await train('--signing-key', keyFile);
    expect(first.exitCode, first.stderr).toBe(0);
    const { version } = (await readPointer(stores.BUCKET))!;
    expect(JSON.parse(first.stdout)).toMatchObject({ version });
    const signed = { BUCKET: stores.BUCKET, RELEASE_KEYS: publicKey };
    expect(await readManifest(signed, (await readPointer(stores.BUCKET))!)).toMatchObject({ version, items: 24 });
    expect(await count("leases where name = 'training'")).toBe(0);

    await stores.DB.prepare(
      "insert into leases (name, holder, expires_at) values ('training', 'another', unixepoch() * 1000 + 60000)",
    ).run();
    const second = await train();
    expect([second.exitCode, second.stdout]).toEqual([1, '']);
    expect(second.stderr).toContain(`another training of Worker ${NAME} of account ${ACCOUNT} is running`);
    await stores.DB.prepare('delete from leases').run();
    const third = await train();
    expect(third.exitCode, third.stderr).toBe(0);
    const pointer = (await readPointer(stores.BUCKET))!;
    expect(pointer).toMatchObject({ version: expect.not.stringMatching(version), previous: { version } });

    // The environment's own keys count.
    const scripts = changeConfiguration(`\n[env.staging.vars]\nRELEASE_KEYS = "${publicKey}"\n`);
    const unsigned = await run(path.join(scripts, 'train.ts'), '--algorithms', 'item-knn', '--json');
    expect([unsigned.exitCode, unsigned.stdout]).toEqual([1, '']);
    expect(unsigned.stderr).toContain('RELEASE_KEYS in wrangler.toml demands signed releases');
  },
  LIMIT_MS,
);

test(
  'queries, compaction and retention work on the account',
  async () => {
    const players = await run('query.ts', 'players-per-day', '--format', 'json');
    expect(players.exitCode, players.stderr).toBe(0);
    expect(JSON.parse(players.stdout)).toHaveLength(6);
    const compacted = await run('compact.ts', '--json');
    expect(compacted.exitCode, compacted.stderr).toBe(0);

    const { events } = await readSnapshotOrEmpty(stores.BUCKET);
    expect(events.reduce((sum, { rows }) => sum + rows, 0)).toBe(EVENTS);
    const files = standIn.account.getBucket(NAME);
    const old = { ...files.get(events[0]!.key)!, uploaded: new Date(0) };
    files.set('log/events/unnamed.parquet', old);
    await stores.DB.prepare(
      "insert into job_runs (job, cron, started_at, outcome) values ('old', '', 0, 'done')",
    ).run();
    const listed = await run('retention.ts', '--dry-run', '--json');
    expect(listed.exitCode, listed.stderr).toBe(0);
    const expired = (stdout: string) =>
      JSON.parse(stdout).expired.filter(({ rows, files: unnamed }: { rows: number; files: number }) => rows || unnamed);
    expect(expired(listed.stdout)).toMatchObject([
      { store: 'job-runs', rows: 1 },
      { store: 'replaced-files', files: 1 },
    ]);
    expect([files.has('log/events/unnamed.parquet'), await count('job_runs')]).toEqual([true, 1]);
    const deleted = await run('retention.ts', '--json');
    expect(deleted.exitCode, deleted.stderr).toBe(0);
    expect([files.has('log/events/unnamed.parquet'), await count('job_runs')]).toEqual([false, 0]);
    expect(files.has(events[0]!.key)).toBe(true);
  },
  LIMIT_MS,
);

test(
  'a key of tokens goes to the Worker of the environment, and is shown to nobody',
  async () => {
    const { account } = standIn;
    // Of the main environment, which wrangler.toml names.
    for (const worker of ['bloodstream', NAME]) account.deploy(worker, account.addVersion(worker, { bindings: [] }).id);
    const flags = ['--env', 'staging', '--url', standIn.workerUrl];
    env = { ...env, CLOUDFLARE_ACCOUNT_ID: ACCOUNT };
    const { exitCode, stdout, stderr } = await start('token-key.ts', ...flags);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('The Worker publishes the key.');
    const [secret] = account.getDeployed(NAME).bindings;
    expect(secret).toMatchObject({ name: 'TOKEN_KEY_0', type: 'secret_text' });
    expect(stdout + stderr).not.toContain(JSON.parse(secret!.text!).d);
    expect(account.getDeployed('bloodstream').bindings).toEqual([]);
  },
  LIMIT_MS,
);

test('without a token nothing is done, and --remote excludes an address', async () => {
  const { CLOUDFLARE_API_TOKEN: _, ...without } = env;
  const allowed = env;
  env = without;
  for (const script of ['train.ts', 'compact.ts']) {
    const { exitCode, stderr } = await run(script);
    expect([exitCode, stderr]).toEqual([1, expect.stringContaining('set CLOUDFLARE_API_TOKEN to a token')]);
  }
  env = allowed;
  const both = await start('releases.ts', 'list', '--env', 'staging', '--url', 'https://games.example');
  expect([both.exitCode, both.stderr]).toEqual([2, expect.stringContaining("cannot be used with option '--url")]);
  const ofFiles = await run('evaluate.ts', plays);
  expect([ofFiles.exitCode, ofFiles.stderr]).toEqual([2, expect.stringContaining('leave the path out')]);
  const nobody = await start('keys.ts', 'list', '--remote', '--env', 'staging');
  expect([nobody.exitCode, nobody.stderr]).toEqual([
    1,
    expect.stringMatching(/^Account .*a-store.workers.dev\n.*ADMIN_KEY/s),
  ]);
  expect(standIn.calls).toEqual(['GET /workers/subdomain']);
});
