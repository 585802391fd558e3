// Deploys the product with the real wrangler to a stand-in for Cloudflare (tests/cloudflare).

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Refusal } from '../../tests/cloudflare/account.ts';
import { type StandIn, startStandIn } from '../../tests/cloudflare/server.ts';
import { identifyQueue } from '../../workers/storage/queue-names.ts';
import { readBlocks, readGuide } from '../abuse/guide-blocks.ts';
import { PROJECT_DIR } from '../local/project.ts';
import { openRemoteStores } from '../remote/open.ts';
import type { Account } from './account.ts';
import { findAccountId } from './api.ts';
import { describeBundle } from './bundle.ts';
import type { DeployFlags } from './command.ts';
import { type ConfigurationFile, deriveConfiguration, findHost, listQueues } from './configuration.ts';
import { deploy } from './deploy.ts';
import type { Plan } from './plan.ts';
import { ownProduct, runDeployment, type Surroundings } from './run.ts';
import { runSmokeTest } from './smoke-test.ts';

const ACCOUNT = '0123456789abcdef0123456789abcdef';
const TOKEN = 'token-of-the-account';
const WORKER = 'bloodstream-staging';
const LIMIT_MS = 400_000;

const EMPTY_PLAN: Plan = {
  createdDatabases: [],
  createdBuckets: [],
  createdQueues: [],
  provisioned: new Set(),
  migrations: [],
  secrets: [],
  upload: [],
  address: 'https://games.example',
  versionBefore: undefined,
};

let folder: string;
let standIn: StandIn;
let file: ConfigurationFile;
/** The folder of the product's modules, built once. */
let modules: string | undefined;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'bloodstream-'));
  standIn = await startStandIn(ACCOUNT, TOKEN, WORKER);
  file = await ownProduct.readConfiguration();
}, LIMIT_MS);
afterAll(() => {
  standIn.close();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => void standIn.changes.splice(0));

const buildOnce: Surroundings['build'] = async (configuration, own, wrangler) => {
  if (modules === undefined) {
    await ownProduct.build(configuration, own, wrangler);
    modules = path.join(own, 'modules');
  }
  return describeBundle(configuration, own, modules);
};

interface Run {
  output: string;
  failure: string | undefined;
  folder: string;
}
async function run(
  flags: DeployFlags = {},
  env: NodeJS.ProcessEnv = {},
  change: Partial<Surroundings> = {},
): Promise<Run> {
  let output = '';
  const own = mkdtempSync(path.join(folder, 'run-'));
  const surroundings: Surroundings = {
    env: {
      PATH: process.env.PATH,
      HOME: folder,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_API_BASE_URL: standIn.apiUrl,
      ...env,
    },
    folder: own,
    isTerminal: true,
    report: (line) => {
      output += `${line}\n`;
    },
    ask: async () => '',
    readConfiguration: async () => file,
    build: buildOnce,
    testLimitMs: 0,
    testPollMs: 1,
    ...change,
  };
  const failure = await runDeployment({ env: 'staging', url: standIn.workerUrl, ...flags }, surroundings).then(
    () => undefined,
    (error: Error) => error.message,
  );
  return { output, failure, folder: own };
}

/** Files of a run, the bundle aside. */
const listTexts = (own: string): string[] =>
  readdirSync(own, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(path.join(own, entry.name), 'utf8'));
const readShownKey = ({ output }: Run): string | undefined => /^ {2}([\w-]{32})$/m.exec(output)?.[1];
const readSecret = (name: string): string | undefined =>
  standIn.account.getDeployed(WORKER).bindings.find((binding) => binding.name === name)?.text;
const countChanges = (call: string): number => standIn.changes.filter((change) => change.startsWith(call)).length;
const listFiles = () => readdirSync(path.join(PROJECT_DIR, 'migrations')).filter((name) => name.endsWith('.sql'));

/** The runs of the longest transcript in the guide, each as its lines; `…` stands for anything. */
function readTranscript(): RegExp[][] {
  const shown = readBlocks(readGuide('guides/deploy.md')).find(({ text }) => text.startsWith('$ npm run deploy'))!;
  return shown.text.split(/^\$ .*\n/m).map((run) =>
    run
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => matchLine(line.replace('https://', 'http://'))),
  );
}
const matchLine = (line: string): RegExp =>
  new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*')}$`);

/** The lines, in this order; there may be others between them. */
function expectShown({ output, failure }: Run, shown: readonly RegExp[]): void {
  const lines = `${output}${failure === undefined ? '' : `deploy: ${failure}`}`.split('\n');
  let from = 0;
  for (const line of shown) {
    const found = lines.findIndex((one, index) => index >= from && line.test(one));
    expect(found, `${line} in ${lines.slice(from).join('\n')}`).toBeGreaterThanOrEqual(from);
    from = found + 1;
  }
}

let adminKey: string;

test(
  'deploys to an empty account, goes on after a failure half-way, and changes nothing the second time',
  async () => {
    const { account, worker } = standIn;
    standIn.failNext(/^PUT .workers.scripts.[^/]+$/, new Refusal(400, 10021, 'the upload fails'));
    const first = await run();
    expect(first.failure).toMatch(/^`wrangler deploy --config .*` failed:/);
    expect(first.failure).toContain('the upload fails');
    expect(first.output).toContain(`create   D1 database ${WORKER}\n`);
    expect([account.databases.size, account.buckets.size, account.queues.size, account.workers.size]).toEqual([
      1, 1, 7, 0,
    ]);
    const [, failing, resuming] = readTranscript();
    expectShown(first, failing!);
    const lost = readShownKey(first);
    expect(lost).toBeDefined();
    // The configurations and wrangler's logs.
    const texts = listTexts(first.folder);
    expect(texts.length).toBeGreaterThan(2);
    expect(texts.join()).not.toContain(lost);

    standIn.changes.splice(0);
    const second = await run();
    expect(second.failure).toBeUndefined();
    expectShown(second, resuming!);
    expect(second.output).toContain('it answers with a gallery, without inference: no release is published yet');
    expect(worker.players.size).toBe(0);
    // Seven consumers, the upload, the address and the crons: what the first run had made is not made again.
    expect([countChanges('POST /queues/'), standIn.changes.length]).toEqual([7, 10]);
    adminKey = readSecret('ADMIN_KEY')!;
    expect(readShownKey(second)).toBe(adminKey);
    expect(JSON.parse(readSecret('TOKEN_KEY_0')!)).toMatchObject({ crv: 'Ed25519', nbf: expect.any(Number) });
    const [database] = account.databases.keys();
    const bound = account.getDeployed(WORKER).bindings.filter(({ type }) => type === 'd1');
    expect(bound.map(({ name, id }) => [name, id])).toEqual([
      ['DB', database],
      ['LOG_0', database],
    ]);
    const applied = account.query(database!, 'select name from d1_migrations order by id') as { name: string }[];
    expect(applied.map(({ name }) => name)).toEqual(listFiles().sort());

    // What commands with --remote work on.
    const { stores } = await openRemoteStores({
      env: {
        CLOUDFLARE_API_TOKEN: TOKEN,
        CLOUDFLARE_API_BASE_URL: standIn.apiUrl,
        CLOUDFLARE_R2_BASE_URL: standIn.storageUrl,
      },
      environment: 'staging',
      report: () => {},
    });
    expect(await stores.DB.prepare('select count(*) as n from items').first('n')).toBe(0);
    expect((await stores.BUCKET.list()).objects).toEqual([]);

    standIn.changes.splice(0);
    const third = await run({}, { ADMIN_KEY: adminKey });
    expect(third).toMatchObject({ failure: undefined, output: expect.stringContaining('Nothing to change') });
    expect(standIn.changes).toEqual([]);
  },
  LIMIT_MS,
);

test(
  'a version that fails its test makes room for the one before',
  async () => {
    const { account, worker } = standIn;
    const before = account.getDeployed(WORKER).id;
    const changed = { readConfiguration: async () => ({ ...file, env: { staging: { vars: { GUESTS: 'on' } } } }) };
    expect((await run({}, {}, changed)).failure).toContain('set ADMIN_KEY to a key of this Worker');
    Object.assign(worker, { release: 'r1', hasInference: false });
    const tested = await run({}, { ADMIN_KEY: adminKey }, changed);
    expectShown(tested, readTranscript()[3]!);
    const { failure } = tested;
    expect(failure).toMatch(/tier “statistics”, without the model of r1.* The version before serves again/);
    expect(account.getWorker(WORKER).versions).toHaveLength(2);
    expect(account.getDeployed(WORKER).id).toBe(before);
    // What was taken back is still to be deployed.
    expect((await run({ dryRun: true }, {}, changed)).output).toContain('its code or its settings differ');

    // Once more, with the version before at some locations: its answers, which would pass, do not count.
    worker.staleAnswers = Number.POSITIVE_INFINITY;
    worker.hasInference = true;
    const stale = await run({}, { ADMIN_KEY: adminKey }, changed);
    expect(stale.failure).toMatch(/version \S+ is deployed, but \S+ still answers. The version before serves again/);
    expect(stale.failure).toContain(`but ${before} still answers`);
    expect(account.getDeployed(WORKER).id).toBe(before);
    worker.staleAnswers = 7;
    const late = await run({}, { ADMIN_KEY: adminKey }, { ...changed, testLimitMs: 60_000 });
    expect(late.output).toContain('it answers with a gallery scored by onnxruntime, release r1');

    const unchanged = await run({}, { ADMIN_KEY: adminKey });
    expect(unchanged.output).toContain('it answers with a gallery scored by onnxruntime, release r1');
    const wrongKey = await run({}, { ADMIN_KEY: 'wrong' });
    expect(wrongKey.failure).toMatch(/401; is ADMIN_KEY a key of this Worker\?.* No version was uploaded/);
  },
  LIMIT_MS,
);

test('its test goes by the release in use, waits for it, and does not fail for the erasure alone', async () => {
  const { worker, workerUrl: url } = standIn;
  const version = standIn.account.getDeployed(WORKER).id;
  const smoke = (limitMs = 0) => runSmokeTest({ url, key: adminKey, version, limitMs, pollMs: 20 });
  const failures = [{ step: 'statistics', reason: 'a timeout' }];
  Object.assign(worker, { release: 'r1', failures, hasLoaded: false, hasInference: true });
  await expect(smoke()).rejects.toThrow('release r1 is in use, but the Worker has not loaded it');
  expect(worker.players.size).toBe(0);
  const loading = smoke(60_000);
  setTimeout(() => Object.assign(worker, { hasLoaded: true }), 50);
  expect(await loading).toBe('it answers with a gallery scored by onnxruntime, release r1');
  for (const step of ['catalogue', 'release']) {
    worker.failures = [{ step, reason: 'it is damaged' }];
    await expect(smoke(), step).rejects.toThrow(`its ${step} fails: it is damaged`);
  }

  Object.assign(worker, { failures: [], canErase: false });
  expect(await smoke()).toMatch(
    /release r1; its player smoke-test-\S+ is still to be erased \(DELETE .* answers 503\)/,
  );
  worker.hasInference = false;
  await expect(smoke(50)).rejects.toThrow(/without the model of r1; its player smoke-test-\S+ is still to be erased/);
  // One player for all attempts.
  expect(worker.players.size).toBe(2);
  Object.assign(worker, { canErase: true, hasInference: true });
});

test('says what it would do as the guide shows it', async () => {
  const [shown] = readBlocks(readGuide('guides/deploy.md')).filter(({ kind }) => kind === 'elsewhere');
  const { output, failure } = await run({ dryRun: true, env: undefined, url: undefined });
  expect(failure).toBeUndefined();
  const lines = output.split('\n');
  for (const line of shown!.text.trimEnd().split('\n'))
    expect(lines, line).toContainEqual(expect.stringMatching(matchLine(line)));
});

test('goes back if the upload fails once the new version serves, and only then', async () => {
  const calls: string[] = [];
  const fail = async (serving: string) => {
    const plan = { ...EMPTY_PLAN, upload: ['its code differs'], versionBefore: 'old' };
    const wrangler = async ([command, version]: readonly string[]) => {
      calls.push(`${command} ${version}`);
      if (command === 'deploy') throw new Error('no consumer for a queue');
    };
    const account = { readState: async () => ({ worker: { versionId: serving } }) } as unknown as Account;
    const secrets = { stored: {}, shown: undefined, testKey: 'key' };
    const bundle = { configFile: 'deploy.json', digest: 'digest' };
    await deploy({ plan, secrets, bundle, account, wrangler, test: async () => 'it answers', report: () => {} });
  };
  await expect(fail('new')).rejects.toThrow(/no consumer for a queue. The version before serves again \(old\)/);
  await expect(fail('old')).rejects.toThrow(/^no consumer for a queue$/);
  expect(calls).toEqual(['deploy --config', 'rollback old', 'deploy --config']);
});

test('notices what was changed in the account, and says what it would do', async () => {
  const { account } = standIn;
  const [queue] = account.queues.values();
  const consumers = queue!.consumers.splice(0);
  account.getWorker(WORKER).crons.pop();
  const { output } = await run({ dryRun: true }, { ADMIN_KEY: adminKey });
  expect(output).toContain(`its crons differ; it does not consume ${queue!.queue_name} as set`);
  expect(standIn.changes).toEqual([]);
  queue!.consumers.push(...consumers);
});

test('deletes all that is its own, only when told so', async () => {
  const { account } = standIn;
  account.createQueue('of-another-worker');
  const files = account.getBucket(WORKER);
  files.set('left', { bytes: Buffer.of(), etag: '', uploaded: new Date(), sha256: undefined });
  const remove = (answer: string, change: Partial<Surroundings> = {}) =>
    run({ delete: true }, {}, { ask: async () => answer, ...change });
  expect((await remove('', { isTerminal: false })).failure).toContain('--yes');
  expect((await remove('yes')).failure).toContain('nothing is deleted');
  expect(standIn.changes).toEqual([]);
  const full = await remove(WORKER);
  expect(full.output).toContain(`D1 database ${WORKER}, with all rows`);
  expect(full.failure).toContain(`all is deleted but the R2 bucket ${WORKER}, which has files: empty it`);
  files.clear();
  expect((await run({ delete: true, yes: true }, {}, { isTerminal: false })).failure).toBeUndefined();
  expect([...account.queues.values()].map(({ queue_name }) => queue_name)).toEqual(['of-another-worker']);
  expect([account.databases.size, account.buckets.size, account.workers.size]).toEqual([0, 0, 0]);
  expect((await remove(WORKER)).output).toContain('Nothing to delete');
});

test('says what to do about tokens, permissions, plans and accounts', async () => {
  const fail = async (env: NodeJS.ProcessEnv) => (await run({ dryRun: true }, env)).failure;
  expect(await fail({ CLOUDFLARE_API_TOKEN: '' })).toContain('set CLOUDFLARE_API_TOKEN');
  expect(await fail({ CLOUDFLARE_API_TOKEN: 'wrong' })).toMatch(/Invalid access token.*is wrong or expired/);
  expect(await fail({ CLOUDFLARE_API_BASE_URL: 'http://127.0.0.1:1' })).toContain('Cloudflare does not answer');
  // As a guide shows it.
  expect(await fail({ CLOUDFLARE_API_TOKEN: '…' })).toContain('CLOUDFLARE_API_TOKEN has a character that no key');
  standIn.mayCall = (call) => !call.includes('/queues');
  expect(await fail({})).toContain('lacks the permission “Queues: Edit”');
  standIn.mayCall = () => true;
  standIn.failNext(/r2/, new Refusal(403, 10042, 'Please enable R2 through the Cloudflare Dashboard.'));
  expect(await fail({})).toContain('switch R2 on for the account');
  standIn.failNext(/d1/, new Refusal(403, 7000, 'not available on your current plan'));
  expect(await fail({})).toContain('the plan of the account lacks this');
  const missing = (env: NodeJS.ProcessEnv) => run({}, env, { isTerminal: false });
  expect((await missing({})).failure).toContain('would end in a log');
  expect(standIn.changes).toEqual([]);
  const accounts = [
    { id: 'a', name: 'one' },
    { id: 'b', name: 'two' },
  ];
  const api = { call: async () => ({}) as never, list: async () => accounts as never[] };
  await expect(findAccountId(api, undefined)).rejects.toThrow(
    /set CLOUDFLARE_ACCOUNT_ID to one of\n {2}a {2}one\n {2}b/,
  );
  expect(await findAccountId(api, 'b')).toBe('b');
});

test('an environment shares nothing with the main one, and every queue has its consumer', () => {
  const shop = { ...file, routes: [{ pattern: 'games.example', custom_domain: true }] };
  const [main, staging] = [deriveConfiguration(shop, undefined), deriveConfiguration(shop, 'staging')];
  expect([findHost(main), findHost(staging)]).toEqual(['games.example', undefined]);
  const nameAll = (configuration: typeof main) => [
    configuration.name,
    ...configuration.d1_databases.map(({ database_name }) => `d1 ${database_name}`),
    ...configuration.r2_buckets.map(({ bucket_name }) => `r2 ${bucket_name}`),
    ...configuration.ratelimits.map(({ namespace_id }) => namespace_id),
    ...listQueues(configuration),
  ];
  expect(nameAll(main).filter((name) => nameAll(staging).includes(name))).toEqual([]);
  const short = [...new Set(file.queues.consumers.map(({ queue }) => queue))];
  for (const { queues } of [file, main, staging])
    expect(queues.consumers.map(({ queue }) => identifyQueue(queue))).toEqual(short);
  expect(() => identifyQueue('of-another-worker')).toThrow('no consumer');
  const twice = [...file.d1_databases, { ...file.d1_databases[1]!, binding: 'LOG_1' }];
  expect(() => deriveConfiguration({ ...file, d1_databases: twice }, undefined)).toThrow(
    'LOG_0 and LOG_1 have the same',
  );
  const set = (own: object) => deriveConfiguration({ ...file, env: { staging: own } }, 'staging');
  expect(set({ vars: { RELEASE_KEYS: 'key' } }).vars).toEqual({ ...file.vars, RELEASE_KEYS: 'key' });
  // Both would be ignored, and with them what they demand.
  expect(() => set({ RELEASE_KEYS: 'key' })).toThrow(
    'RELEASE_KEYS where it stands in wrangler.toml: move it below [env',
  );
  expect(() => set({ vars: { RELEASE_KEY: 'key' } })).toThrow('RELEASE_KEY below [env.staging.vars] in');
  const above = { ...file, GUESTS: 'on' } as ConfigurationFile;
  expect(() => deriveConfiguration(above, undefined)).toThrow('move it below [vars]');
  // What wrangler makes people write: an environment's bindings, repeated.
  const { name, d1_databases, r2_buckets, ratelimits } = file;
  for (const [own, shared] of [
    [{ name }, /Worker bloodstream, queue bloodstream-/],
    [{ d1_databases }, /D1 database bloodstream with the main one/],
    [{ r2_buckets }, /R2 bucket bloodstream with/],
    [{ ratelimits }, /rate limit \d+/],
  ] as const)
    expect(() => deriveConfiguration({ ...file, env: { staging: own } }, 'staging')).toThrow(shared);
});
