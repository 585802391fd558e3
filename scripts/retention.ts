// `npm run retention`: deletes expired data from a store, or lists it. The nightly job does the same.

import { deleteExpired, type Expired, listExpired } from '../workers/storage/retention.ts';
import { type RetentionVars, readRetention } from '../workers/storage/settings.ts';
import { chooseStores } from './stores/choose.ts';
import { createCommand, runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { environmentOption, jsonOption, remoteOption, stateOption } from './terminal/options.ts';

const AFTER = `
The settings LOG_DAYS, SLATE_DAYS and SNAPSHOT_DAYS of wrangler.toml say how long what is kept. With --dry-run the state
folder may be in use by \`npm start\`; otherwise stop that first.

Examples:
  npm run retention -- --dry-run
  npm run retention -- --remote --dry-run
  npm run -s retention -- --json`;

const createRetentionCommand = () =>
  createCommand('retention', 'Deletes expired data.')
    .option('--dry-run', 'list it, and delete nothing')
    .addOption(stateOption())
    .addOption(remoteOption())
    .addOption(environmentOption())
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

type Flags = ReturnType<ReturnType<typeof createRetentionCommand>['opts']>;

async function retain({ dryRun: isDryRun, json, ...storeFlags }: Flags): Promise<void> {
  const printJson = json ? reserveStdout() : undefined;
  const dryRun = isDryRun === true;
  const chosen = await chooseStores(storeFlags);
  const settings = readRetention(chosen.readVars<RetentionVars>());
  if (!dryRun) chosen.assertWritable();
  const expired = await chosen.open(async (stores) => {
    const now = Date.now();
    const listed = await listExpired(stores, settings, now);
    if (!dryRun) await deleteExpired(stores, settings, now);
    return listed;
  });
  if (printJson) printJson({ dryRun, expired });
  else console.log(describe(expired, dryRun));
}

function describe(expired: readonly Expired[], dryRun: boolean): string {
  const width = Math.max(...expired.map(({ store }) => store.length)) + 2;
  const lines = expired.map(({ store, keptDays, rows, files, bytes }) => {
    const kept = Number.isFinite(keptDays) ? `${count(keptDays)} days` : 'for ever';
    const held = [
      ...(rows === null ? [] : [`${count(rows)} rows`]),
      ...(files === 0 ? [] : [`${count(files)} files of ${(bytes / 1e6).toFixed(1)} MB`]),
    ];
    return `  ${store.padEnd(width)}kept ${kept.padEnd(12)}${held.join(' in ') || 'nothing'}`;
  });
  return [dryRun ? 'A run now would delete:' : 'Deleted:', ...lines].join('\n');
}

const count = (n: number) => n.toLocaleString('en');

await runCommand(createRetentionCommand().action(retain));
