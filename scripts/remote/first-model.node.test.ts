// The first model of an account, from the import to a gallery: commands fill the stores of the stand-in, and the Worker
// itself serves a copy of them in workerd.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { copyStores } from '../../tests/cloudflare/copy-stores.ts';
import { listPlays } from '../../tests/cloudflare/list-plays.ts';
import { prepareStores } from '../../tests/cloudflare/prepare-stores.ts';
import { runCommand } from '../../tests/cloudflare/run-command.ts';
import { startStandIn } from '../../tests/cloudflare/server.ts';
import { ensureDevelopmentKey, ensureTokenKey } from '../local/development-key.ts';
import { findFreePort, startLocalServer } from '../local/local-server.ts';

const TOKEN = 'token-of-the-account';
const NAME = 'bloodstream-staging';
const LIMIT_MS = 400_000;
const LOADS_MAX = 60;

test(
  'import, train, and the model answers; back to the release before',
  async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'first-model-'));
    const standIn = await startStandIn('0123456789abcdef0123456789abcdef', TOKEN, NAME);
    onTestFinished(() => {
      standIn.close();
      rmSync(folder, { recursive: true });
    });
    prepareStores(standIn.account, NAME);
    const key = ensureDevelopmentKey(console.log);
    ensureTokenKey(console.log);
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      CLOUDFLARE_API_TOKEN: TOKEN,
      CLOUDFLARE_API_BASE_URL: standIn.apiUrl,
      CLOUDFLARE_R2_BASE_URL: standIn.storageUrl,
      ADMIN_KEY: key,
    };
    const run = async (script: string, ...args: string[]): Promise<string> => {
      const { stdout, stderr, exitCode } = await runCommand(env, script, args);
      expect(exitCode, stderr).toBe(0);
      return stdout;
    };
    const account = ['--env', 'staging', '--state', folder];
    const plays = path.join(folder, 'plays.csv');
    writeFileSync(plays, listPlays(200));
    await run('import.ts', plays, '--format', 'csv', '--columns', 'user=player,item=game,time=at', ...account);
    const train = async (): Promise<string> =>
      JSON.parse(await run('train.ts', '--algorithms', 'item-knn', '--budget', '10s', '--force', '--json', ...account))
        .version;
    const [first, second] = [await train(), await train()];

    const state = path.join(folder, 'local');
    await copyStores(standIn.account, NAME, state);
    const server = startLocalServer(await findFreePort(), state);
    onTestFinished(() => server.stop());
    await server.ready;
    const call = async (method: string, at: string, body?: object) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
      const answer = await fetch(server.url + at, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      return answer.json() as Promise<{ tier: string; release: string | null; engine: string }>;
    };
    const events = [0, 1, 2].map((n) => ({ userId: 'new', type: 'click', itemId: `taste1-game${n}` }));
    await call('POST', '/v1/events', { events: events.map((event, n) => ({ ...event, id: `e${n}` })) });
    /** The isolate loads a release behind its answers. */
    const waitForGallery = async (release: string) => {
      for (let load = 0; load < LOADS_MAX; load++) {
        const gallery = await call('GET', '/v1/users/new/gallery');
        if (gallery.tier === 'online' && gallery.release === release) return;
        await sleep(500);
      }
      throw new Error(`no gallery scored by ${release}`);
    };
    await waitForGallery(second);
    expect(await call('GET', '/v1/status')).toMatchObject({ release: second, engine: 'onnx' });

    const url = ['--url', server.url, '--json'];
    const listed = JSON.parse(await run('releases.ts', 'list', ...url));
    expect(listed).toMatchObject({
      inUse: { version: second, previous: first },
      releases: [{ version: second }, { version: first }],
    });
    expect(JSON.parse(await run('releases.ts', 'rollback', ...url))).toMatchObject({ version: first });
    await waitForGallery(first);
    const made = JSON.parse(await run('keys.ts', 'create', 'a store server', '--scopes', 'read', ...url));
    expect(JSON.parse(await run('keys.ts', 'list', ...url)).keys).toMatchObject([{ keyId: made.keyId }]);
  },
  LIMIT_MS,
);
