// `npm run retention`: deletes expired data from the local store, or lists it. The nightly job does the same.

import { deleteExpired, type Expired, listExpired } from '../workers/storage/retention.ts';
import { type RetentionVars, readRetention } from '../workers/storage/settings.ts';
import { readVars, withPlatform } from './local/platform.ts';
import { assertNotServed } from './state-lock.ts';
import { createCommand, runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { jsonOption, stateOption } from './terminal/options.ts';

const AFTER = `
The settings LOG_DAYS, SLATE_DAYS and SNAPSHOT_DAYS of wrangler.toml say how long what is kept. With --dry-run the state
folder may be in use by \`npm start\`; otherwise stop that first.

Examples:
  npm run retention -- --dry-run
  npm run -s retention -- --json`;

const createRetentionCommand = () =>
  createCommand('retention', 'Deletes expired data.')
    .option('--dry-run', 'list it, and delete nothing')
    .addOption(stateOption())
    .addOption(jsonOption())
    .addHelpText('after', AFTER);

type Flags = ReturnType<ReturnType<typeof createRetentionCommand>['opts']>;

async function retain({ dryRun: isDryRun, state, json }: Flags): Promise<void> {
  const printJson = json ? reserveStdout() : undefined;
  const dryRun = isDryRun === true;
  const settings = readRetention(readVars<RetentionVars>());
  if (!dryRun) assertNotServed(state);
  const expired = await withPlatform(state, async (stores) => {
    const now = Date.now();
    const listed = await listExpired(stores, settings, now);
    if (!dryRun) await deleteExpired(stores, settings, now);
    return listed;
  });
  if (printJson) printJson({ dryRun, expired });
  else console.log(describe(expired, dryRun));
}

function describe(expired: readonly Expired[], dryRun: boolean): string {
  const lines = expired.map(({ store, keptDays, rows, files, bytes }) => {
    const kept = Number.isFinite(keptDays) ? `${count(keptDays)} days` : 'for ever';
    const held = [
      ...(rows === null ? [] : [`${count(rows)} rows`]),
      ...(files === 0 ? [] : [`${count(files)} files of ${(bytes / 1e6).toFixed(1)} MB`]),
    ];
    return `  ${store.padEnd(16)}kept ${kept.padEnd(12)}${held.join(' in ') || 'nothing'}`;
  });
  return [dryRun ? 'A run now would delete:' : 'Deleted:', ...lines].join('\n');
}

const count = (n: number) => n.toLocaleString('en');

await runCommand(createRetentionCommand().action(retain));
