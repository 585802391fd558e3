// The definition of `npm run keys`: its subcommands, flags and help.

import { InvalidArgumentError } from '@commander-js/extra-typings';
import { type Key, SCOPES, type Scope } from '../../models/contracts/key.ts';
import { chooseWorker, type WorkerFlags } from '../stores/choose-worker.ts';
import { addWorkerSubcommand } from '../stores/worker-subcommand.ts';
import { createCommand } from '../terminal/command.ts';
import { openOutput } from '../terminal/json-output.ts';
import { parseWholeNumber } from '../terminal/options.ts';
import { type KeyClient, openKeyClient } from './call.ts';

const AFTER = `
The command calls a running Worker: the one that \`npm start\` runs, with its development key; the one of your account,
with --remote and CLOUDFLARE_API_TOKEN; or another, with --url. A Worker elsewhere needs a key in ADMIN_KEY.

A key is shown once; the Worker keeps only its digest. A revoked key is refused everywhere within 30 seconds; its
open streams then get no more notices.

Examples:
  npm run keys -- list
  npm run keys -- create "store server" --scopes ingest,read,mint
  npm run keys -- create "web demo" --scopes read --expires 2027-01-31 --origins https://games.example --rate 600
  npm run keys -- revoke 9f86d081884c7d65
  npm run keys -- list --remote --env staging
  npm run -s keys -- list --url https://recommender.example --json`;

export function createKeysCommand() {
  const keys = createCommand('keys', 'Lists, creates and revokes keys.').addHelpText('after', AFTER);
  addWorkerSubcommand(
    keys,
    'list',
    'Lists the keys, without their text. Keys of the environment are not listed.',
  ).action(async ({ json, ...worker }) => {
    const print = openOutput(json);
    const listed = await (await openClient(worker)).list();
    print({ keys: listed }, listed.length === 0 ? 'No keys.' : listed.map(describeKey).join('\n'));
  });
  addWorkerSubcommand(keys, 'create <name>', 'Creates a key and shows it, once.')
    .requiredOption('--scopes <list>', `separated by commas: ${SCOPES.join(', ')}`, parseScopes)
    .option('--expires <time>', 'when the key expires: a day (YYYY-MM-DD, at its end in UTC) or a time', parseTime)
    .option('--origins <list>', 'web origins that may use it, separated by commas', (text) => text.split(','))
    .option('--rate <n>', 'requests a minute at one location; default: the setting for all keys', parseWholeNumber(1))
    .action(async (name, { scopes, expires, origins, rate, json, ...worker }) => {
      const print = openOutput(json);
      const fields = {
        name,
        scopes,
        ...(expires && { expiresAt: expires }),
        ...(origins && { origins }),
        ...(rate && { ratePerMinute: rate }),
      };
      const created = await (await openClient(worker)).create(fields);
      print(created, `${describeKey(created)}\n\n${created.key}\n\nIt is not shown again.`);
    });
  addWorkerSubcommand(keys, 'revoke <keyId>', 'Revokes a key.').action(async (keyId, { json, ...worker }) => {
    const print = openOutput(json);
    await (await openClient(worker)).revoke(keyId);
    print(
      { revoked: keyId },
      `Revoked ${keyId}; it is refused everywhere within 30 seconds, and its open streams get no more notices.`,
    );
  });
  return keys;
}

async function openClient(flags: WorkerFlags): Promise<KeyClient> {
  const { url, key } = await chooseWorker(flags);
  return openKeyClient(url, key);
}

const describeKey = ({ keyId, name, scopes, expiresAt, origins, ratePerMinute, createdAt }: Key): string =>
  [
    `${keyId}  ${name}`,
    scopes.join(', '),
    `created ${createdAt.slice(0, 10)}`,
    ...(expiresAt === null ? [] : [`${Date.parse(expiresAt) > Date.now() ? 'expires' : 'expired'} ${expiresAt}`]),
    ...(origins === null ? [] : [`from ${origins.join(' ')}`]),
    ...(ratePerMinute === null ? [] : [`${ratePerMinute} requests a minute`]),
  ].join(' · ');

function parseScopes(text: string): Scope[] {
  const named = text.split(',').map((scope) => scope.trim());
  const unknown = named.find((scope) => !SCOPES.some((known) => known === scope));
  if (unknown === undefined) return named as Scope[];
  throw new InvalidArgumentError(`“${unknown}” is none of ${SCOPES.join(', ')}.`);
}

/** A day stands for its last millisecond. */
function parseTime(text: string): string {
  const time = Date.parse(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T23:59:59.999Z` : text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError('Give a day as YYYY-MM-DD, or a time as 2027-01-31T12:00:00Z.');
}
