// `npm run token-key`: makes a key that signs players' tokens and stores it as a secret of the Worker, where nobody can
// read it. The key is shown to nobody and kept nowhere else.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { PROJECT_DIR } from './local/project.ts';
import { createCommand, runCommand } from './terminal/command.ts';
import { parseUrl } from './terminal/options.ts';
import { changeTokenKey } from './token-key/change-key.ts';

const POLL_MS = 1_000;
const PUBLISH_LIMIT_MS = 60_000;

const AFTER = `
The Worker has two slots, TOKEN_KEY_0 and TOKEN_KEY_1. The published keys show which one is free. A new key is published
ten minutes before it signs; the old key verifies until the next change, at the earliest 30 days later. For the Worker
on this machine, \`npm start\` makes a key.

Examples:
  npm run token-key -- --url https://games.example
  npm run token-key -- --url https://games.example --force   # after a leak: run it twice; all tokens become invalid`;

const createTokenKeyCommand = () =>
  createCommand('token-key', 'Makes or replaces the key that signs players’ tokens.')
    .requiredOption('--url <url>', 'address of the deployed Worker', parseUrl)
    .option('--force', 'replace a key whose tokens are still valid')
    .addHelpText('after', AFTER);

type Flags = ReturnType<ReturnType<typeof createTokenKeyCommand>['opts']>;

async function replaceTokenKey({ url, force }: Flags): Promise<void> {
  await changeTokenKey({
    url,
    isForced: force === true,
    putSecret,
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
async function putSecret(name: string, value: string): Promise<void> {
  const wrangler = path.join(PROJECT_DIR, 'node_modules/wrangler/bin/wrangler.js');
  const child = spawn(process.execPath, [wrangler, 'secret', 'put', name], {
    cwd: PROJECT_DIR,
    stdio: ['pipe', 'inherit', 'inherit'],
  });
  child.stdin.end(value);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`wrangler could not put the secret ${name}; see its message above`);
}

await runCommand(createTokenKeyCommand().action(replaceTokenKey));
