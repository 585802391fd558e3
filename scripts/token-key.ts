// `npm run token-key`: makes a key that signs players' tokens and stores it as a secret of the Worker, where nobody can
// read it. The key is shown to nobody and kept nowhere else.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { deriveConfiguration } from './deploy/configuration.ts';
import { readConfigurationFile } from './deploy/sign-in.ts';
import { PROJECT_DIR } from './local/project.ts';
import { findWorkerUrl } from './remote/find-worker.ts';
import { createCommand, runCommand } from './terminal/command.ts';
import { parseEnvironment, parseUrl } from './terminal/options.ts';
import { changeTokenKey } from './token-key/change-key.ts';

const POLL_MS = 1_000;
const PUBLISH_LIMIT_MS = 60_000;

const AFTER = `
The Worker has two slots, TOKEN_KEY_0 and TOKEN_KEY_1. The published keys show which one is free. A new key is published
ten minutes before it signs; the old key verifies until the next change, at the earliest 30 days later. For the Worker
on this machine, \`npm start\` makes a key. CLOUDFLARE_API_TOKEN has a token of the account.

Examples:
  npm run token-key
  npm run token-key -- --env staging
  npm run token-key -- --force   # after a leak: run it twice; all tokens become invalid`;

const createTokenKeyCommand = () =>
  createCommand('token-key', 'Makes or replaces the key that signs players’ tokens.')
    .option('--env <name>', 'an environment of the account, as in `npm run deploy`', parseEnvironment)
    .option('--url <url>', 'address of the Worker, if it is not the one that Cloudflare gives', parseUrl)
    .option('--force', 'replace a key whose tokens are still valid')
    .addHelpText('after', AFTER);

type Flags = ReturnType<ReturnType<typeof createTokenKeyCommand>['opts']>;

async function replaceTokenKey({ env: environment, url, force }: Flags): Promise<void> {
  const worker = deriveConfiguration(await readConfigurationFile(), environment).name;
  await changeTokenKey({
    url: url ?? (await findWorkerUrl({ env: process.env, environment, report: console.log })),
    isForced: force === true,
    putSecret: (name, value) => putSecret(worker, name, value),
    onPut({ slot, signsFrom }) {
      console.log(`The key in TOKEN_KEY_${slot} signs from ${new Date(signsFrom * 1000).toISOString()}.`);
      console.log('Waiting until the Worker publishes it…');
    },
    pollMs: POLL_MS,
    limitMs: PUBLISH_LIMIT_MS,
  });
  console.log('The Worker publishes the key.');
}

/** Passes the value on stdin, since other processes can see arguments. */
async function putSecret(worker: string, name: string, value: string): Promise<void> {
  const wrangler = path.join(PROJECT_DIR, 'node_modules/wrangler/bin/wrangler.js');
  const child = spawn(process.execPath, [wrangler, 'secret', 'put', name, '--name', worker], {
    cwd: PROJECT_DIR,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(value);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`wrangler could not put the secret ${name}; see its message above`);
}

await runCommand(createTokenKeyCommand().action(replaceTokenKey));
