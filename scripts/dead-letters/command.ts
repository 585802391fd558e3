// The definition of `npm run dead-letters`: its subcommands, flags and help.

import { InvalidArgumentError, Option } from '@commander-js/extra-typings';
import { DEAD_LETTER_QUEUES, type DeadLetterSummary } from '../../models/contracts/dead-letter.ts';
import { formatTable } from '../query/table.ts';
import { chooseWorker, type WorkerFlags } from '../stores/choose-worker.ts';
import { addWorkerSubcommand } from '../stores/worker-subcommand.ts';
import { createCommand } from '../terminal/command.ts';
import { openOutput } from '../terminal/json-output.ts';
import { parseWholeNumber } from '../terminal/options.ts';
import { type DeadLetterClient, type Filter, openDeadLetterClient } from './call.ts';

const LISTED_MAX = 10_000;

const AFTER = `
The command calls a running Worker: the one that \`npm start\` runs, with its development key; the one of your account,
with --remote and CLOUDFLARE_API_TOKEN; or another, with --url. A Worker elsewhere needs a key in ADMIN_KEY.

A letter is a message that its queue gave up on, or the invalid part of one. A replayed letter is gone once it is
processed, and counts once however often it is replayed; if it fails again, it is listed with the new reason. Letters
older than the log in D1 (LOG_HOT_DAYS) are not replayed: the log has their events from the players' objects by now.

Examples:
  npm run dead-letters -- list --queue events
  npm run dead-letters -- show 4f6a21c09d
  npm run dead-letters -- replay 4f6a21c09d
  npm run dead-letters -- replay --all --reason "failed too often" --from 2026-11-20T10:00:00Z
  npm run dead-letters -- delete --all --queue notifications
  npm run dead-letters -- list --remote --env staging
  npm run -s dead-letters -- list --url https://recommender.example --json`;

const queueOption = () => new Option('--queue <name>', 'only letters of this queue').choices(DEAD_LETTER_QUEUES);
const reasonOption = () => new Option('--reason <text>', 'only letters with this reason');
const fromOption = () => new Option('--from <time>', 'only letters received then or later').argParser(parseTime);
const untilOption = () => new Option('--until <time>', 'only letters received before then').argParser(parseTime);

export function createDeadLettersCommand() {
  const letters = createCommand('dead-letters', 'Lists messages that could not be processed; replays or deletes them.');
  letters.addHelpText('after', AFTER);
  const subcommand = <const Name extends string>(name: Name, description: string) =>
    addWorkerSubcommand(letters, name, description);
  const choosing = <const Name extends string>(name: Name, description: string) =>
    subcommand(name, description)
      .addOption(queueOption())
      .addOption(reasonOption())
      .addOption(fromOption())
      .addOption(untilOption());

  choosing('list', 'Lists the newest letters, without their bodies.')
    .option('--limit <n>', 'letters to list', parseWholeNumber(1, LISTED_MAX), 20)
    .action(async ({ limit, json, queue, reason, from, until, ...worker }) => {
      const print = openOutput(json);
      const listed = await (await openClient(worker)).list({ queue, reason, from, until }, limit);
      print({ letters: listed }, formatList(listed));
    });
  subcommand('show <letterId>', 'Shows a letter with its body, which may hold what players did.').action(
    async (letterId, { json, ...worker }) => {
      const print = openOutput(json);
      const { body, ...letter } = await (await openClient(worker)).read(letterId);
      print({ ...letter, body }, `${formatList([letter])}\n\n${JSON.stringify(body, null, 2)}`);
    },
  );
  choosing('replay [letterId]', 'Processes a letter again; with --all, every letter that matches.')
    .option('--all', 'replay all letters that match the filters; without filters, all')
    .action(async (letterId, { all, json, queue, reason, from, until, ...worker }) => {
      const print = openOutput(json);
      const filter = { queue, reason, from, until };
      if (checkChoice(letterId, all, filter)) {
        await (await openClient(worker)).replay(letterId);
        return print({ replayed: 1 }, `Queued ${letterId} again; it is gone from the list once it is processed.`);
      }
      const replayed = await (await openClient(worker)).replayAll(filter);
      print({ replayed }, `Queued ${replayed} again; those that fail again stay in the list.`);
    });
  choosing('delete [letterId]', 'Deletes a letter; with --all and a filter, every letter that matches.')
    .option('--all', 'delete all letters that match the filters')
    .action(async (letterId, { all, json, queue, reason, from, until, ...worker }) => {
      const print = openOutput(json);
      const filter = { queue, reason, from, until };
      if (checkChoice(letterId, all, filter)) {
        await (await openClient(worker)).delete(letterId);
        return print({ deleted: 1 }, `Deleted ${letterId}.`);
      }
      const deleted = await (await openClient(worker)).deleteAll(filter);
      print({ deleted }, `Deleted ${deleted}.`);
    });
  return letters;
}

/** True for one letter, false for all. Throws unless exactly one of the two is chosen. */
function checkChoice(letterId: string | undefined, all: true | undefined, filter: Filter): letterId is string {
  const isFiltered = Object.values(filter).some((value) => value !== undefined);
  if ((letterId === undefined) !== (all === true) || (letterId !== undefined && isFiltered))
    throw new Error('name one letter, or give --all with the filters');
  return letterId !== undefined;
}

async function openClient(flags: WorkerFlags): Promise<DeadLetterClient> {
  const { url, key } = await chooseWorker(flags);
  return openDeadLetterClient(url, key);
}

function formatList(letters: readonly DeadLetterSummary[]): string {
  if (letters.length === 0) return 'No dead letters.';
  const columns = ['letter', 'queue', 'received', 'replayed', 'bytes', 'reason'];
  const rows = letters.map(({ letterId, queue, receivedAt, replayedAt, bytes, reason }) => [
    ...[letterId, queue, receivedAt, replayedAt, bytes, reason],
  ]);
  return formatTable({ columns, rows, total: rows.length }, undefined);
}

function parseTime(text: string): string {
  const time = Date.parse(text);
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new InvalidArgumentError('Give a time such as 2026-11-20T10:00:00Z.');
}
