// The definition of `npm run releases`: its subcommands, flags and help.

import { CANARY_SHARE_DEFAULT, CANARY_SHARE_MAX } from '../../models/experiments/canary.ts';
import { chooseWorker, type WorkerFlags } from '../stores/choose-worker.ts';
import { addWorkerSubcommand } from '../stores/worker-subcommand.ts';
import { createCommand } from '../terminal/command.ts';
import { openOutput } from '../terminal/json-output.ts';
import { jsonOption, parseShare, parseWholeNumber } from '../terminal/options.ts';
import { writeSigningKey } from '../train/signing-key.ts';
import { openReleaseClient, type ReleaseClient } from './call.ts';
import { formatComparison, formatList } from './format.ts';

const LISTED_MAX = 1_000;

const AFTER = `
The command calls a running Worker: the one that \`npm start\` runs, with its development key; the one of your account,
with --remote and CLOUDFLARE_API_TOKEN; or another, with --url. A Worker elsewhere needs a key in ADMIN_KEY.

The isolate that answers follows at once, every other one within 30 seconds. Metrics are those of the training, on
held-out players, beside popularity's on the same players.

Examples:
  npm run releases -- list
  npm run releases -- compare 20260520T120000Z-blend-1f3ab2c4
  npm run releases -- rollback
  npm run releases -- canary 20260520T120000Z-blend-1f3ab2c4 --share 5%
  npm run releases -- pin
  npm run releases -- list --remote --env staging
  npm run -s releases -- list --url https://recommender.example --json`;

export function createReleasesCommand() {
  const releases = createCommand('releases', 'Lists the releases of the models, and chooses the one in use.');
  releases.addHelpText('after', AFTER);
  const subcommand = <const Name extends string>(name: Name, description: string) =>
    addWorkerSubcommand(releases, name, description);

  subcommand('list', 'Lists the newest releases: when they were trained, what they are, their metrics.')
    .option('--limit <n>', 'releases to list', parseWholeNumber(1, LISTED_MAX), 10)
    .action(async ({ limit, json, ...worker }) => {
      const print = openOutput(json);
      const list = await (await openClient(worker)).list(limit);
      print(list, formatList(list));
    });
  subcommand('show [version]', 'Shows a release; by default the one in use.').action(
    async (version, { json, ...worker }) => {
      const print = openOutput(json);
      const client = await openClient(worker);
      const release = await client.read(version ?? (await client.readInUse()).version);
      print(release, formatComparison([release]));
    },
  );
  subcommand(
    'compare <version> [other]',
    'Shows two releases side by side; by default, the other is the one in use.',
  ).action(async (version, other, { json, ...worker }) => {
    const print = openOutput(json);
    const client = await openClient(worker);
    const named = [version, other ?? (await client.readInUse()).version];
    const compared = await Promise.all(named.map((each) => client.read(each)));
    print({ releases: compared }, formatComparison(compared));
  });
  subcommand('rollback', 'Goes back to the previous release.').action(async ({ json, ...worker }) => {
    const print = openOutput(json);
    const client = await openClient(worker);
    const { version, previous } = await client.readInUse();
    if (previous === null)
      throw new Error(`no release was in use before ${version}: \`npm run releases -- list\` shows all`);
    await activate(client, previous, print);
  });
  subcommand('activate <version>', 'Puts any release into use.').action(async (version, { json, ...worker }) => {
    const print = openOutput(json);
    await activate(await openClient(worker), version, print);
  });
  subcommand('canary <version>', 'Shows a release to some players first, and to all once it is shown to be as good.')
    .option('--share <share>', 'part of the players, such as 5%', parseShare(CANARY_SHARE_MAX), CANARY_SHARE_DEFAULT)
    .action(async (version, { share, json, ...worker }) => {
      const print = openOutput(json);
      const experimentId = await (await openClient(worker)).startCanary(version, share);
      print(
        { experimentId },
        `${100 * share}% of the players see ${version} within 30 seconds. Later, the Worker shows it to all, or ` +
          `takes it back:\n  npm run experiments -- report ${experimentId}`,
      );
    });
  subcommand('pin', 'Keeps the release in use, whatever is trained later.').action(async ({ json, ...worker }) => {
    const print = openOutput(json);
    const client = await openClient(worker);
    const pinned = await client.pin((await client.readInUse()).version);
    print(pinned, `Pinned ${pinned.version}: trainings publish their releases and leave it in use.`);
  });
  subcommand('unpin', 'Lets trainings replace the release in use.').action(async ({ json, ...worker }) => {
    const print = openOutput(json);
    const client = await openClient(worker);
    const { version } = await client.readInUse();
    await client.unpin(version);
    print({ unpinned: version }, `Unpinned ${version}: the next training that passes the gate replaces it.`);
  });
  releases
    .command('make-key <file>')
    .description('Makes a key that signs releases, in a new file, and shows its public key.')
    .addOption(jsonOption())
    .action((file, { json }) => {
      const print = openOutput(json);
      const publicKey = writeSigningKey(file);
      print(
        { publicKey },
        `${publicKey}\n\nAdd it to RELEASE_KEYS in wrangler.toml and deploy. Train with --signing-key ${file}, which ` +
          'must stay secret: anyone who has it can publish models.',
      );
    });
  return releases;
}

type Print = ReturnType<typeof openOutput>;

/** Throws if the isolate that answered cannot serve the release. */
async function activate(client: ReleaseClient, version: string, print: Print): Promise<void> {
  const { failure, ...inUse } = await client.activate(version);
  if (failure !== null)
    throw new Error(
      `the pointer names ${version}, but the isolate that answered does not serve it (${failure}) and keeps what it ` +
        'has: `npm run releases -- rollback` moves the pointer back',
    );
  print(
    inUse,
    `${version} is in use; every isolate follows within 30 seconds.` +
      (inUse.pinned ? '' : ' The next training may replace it; `npm run releases -- pin` keeps it.'),
  );
}

async function openClient(flags: WorkerFlags): Promise<ReleaseClient> {
  const { url, key } = await chooseWorker(flags);
  return openReleaseClient(url, key);
}
