// The definition of `npm run experiments`: its subcommands, flags and help.

import { readFileSync, writeFileSync } from 'node:fs';
import { chooseWorker, type WorkerFlags } from '../stores/choose-worker.ts';
import { addWorkerSubcommand } from '../stores/worker-subcommand.ts';
import { createCommand } from '../terminal/command.ts';
import { openOutput } from '../terminal/json-output.ts';
import { type ExperimentClient, openExperimentClient } from './call.ts';
import { formatExperiment, formatList } from './format.ts';
import { formatReport } from './format-report.ts';
import { renderReport } from './report-html.ts';

const AFTER = `
The command calls a running Worker: the one that \`npm start\` runs, with its development key; the one of your account,
with --remote and CLOUDFLARE_API_TOKEN; or another, with --url. A Worker elsewhere needs a key in ADMIN_KEY.

docs/guides/experiments.md goes from a hypothesis to a report. A start or stop takes effect everywhere within 30
seconds.

Examples:
  npm run experiments -- put short-pages.json
  npm run experiments -- start short-pages
  npm run experiments -- list
  npm run experiments -- report short-pages --html report.html
  npm run experiments -- stop short-pages "enough is known"
  npm run -s experiments -- show short-pages --json > short-pages.json`;

/** The fields that only the Worker sets; a file written by `show --json` has them. */
const STATE_FIELDS = ['state', 'startedAt', 'stoppedAt', 'stopReason', 'slice', 'stoppedVariants', 'namedRelease'];

export function createExperimentsCommand() {
  const experiments = createCommand('experiments', 'Tries variants of the algorithm on shares of the players.');
  experiments.addHelpText('after', AFTER);
  const subcommand = <const Name extends string>(name: Name, description: string) =>
    addWorkerSubcommand(experiments, name, description);

  subcommand('list', 'Lists the experiments, in every state.').action(async ({ json, ...worker }) => {
    const print = openOutput(json);
    const listed = await (await openClient(worker)).list();
    print({ experiments: listed }, formatList(listed));
  });
  subcommand('show <experimentId>', 'Shows an experiment.').action(async (experimentId, { json, ...worker }) => {
    const print = openOutput(json);
    const experiment = await (await openClient(worker)).read(experimentId);
    print(experiment, formatExperiment(experiment));
  });
  subcommand('put <file>', 'Creates an experiment as a draft, or changes one, from a JSON file with its id.').action(
    async (file, { json, ...worker }) => {
      const print = openOutput(json);
      const { experimentId, fields } = readExperimentFile(file);
      const experiment = await (await openClient(worker)).put(experimentId, fields);
      print(experiment, formatExperiment(experiment));
    },
  );
  subcommand('start <experimentId>', 'Starts a draft.').action(async (experimentId, { json, ...worker }) => {
    const print = openOutput(json);
    const experiment = await (await openClient(worker)).start(experimentId);
    print(experiment, formatExperiment(experiment));
  });
  subcommand('stop <experimentId> <reason>', 'Stops a running experiment, for good.').action(
    async (experimentId, reason, { json, ...worker }) => {
      const print = openOutput(json);
      const experiment = await (await openClient(worker)).stop(experimentId, reason);
      print(experiment, formatExperiment(experiment));
    },
  );
  subcommand('report <experimentId>', 'Shows what is known so far; it may be read at any time.')
    .option('--html <file>', 'also write it as one HTML file with pictures')
    .action(async (experimentId, { html, json, ...worker }) => {
      const print = openOutput(json);
      const client = await openClient(worker);
      const [experiment, report] = await Promise.all([client.read(experimentId), client.readReport(experimentId)]);
      if (html !== undefined) writeFileSync(html, renderReport(experiment, report, { ...report, points: report.days }));
      print(report, formatReport(experiment, report));
    });
  subcommand('delete <experimentId>', 'Deletes an experiment that does not run.').action(
    async (experimentId, { json, ...worker }) => {
      const print = openOutput(json);
      await (await openClient(worker)).delete(experimentId);
      print({ deleted: experimentId }, `Deleted ${experimentId}.`);
    },
  );
  return experiments;
}

/** Throws if the file is no JSON object with an id. */
function readExperimentFile(file: string): { experimentId: string; fields: object } {
  const text = readFileSync(file, 'utf8');
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} cannot be read: ${(error as Error).message}`);
  }
  const { experimentId, ...fields } = Object(content) as Record<string, unknown>;
  if (typeof experimentId !== 'string') throw new Error(`${file} has no “experimentId”, such as "short-pages"`);
  return {
    experimentId,
    fields: Object.fromEntries(Object.entries(fields).filter(([name]) => !STATE_FIELDS.includes(name))),
  };
}

async function openClient(flags: WorkerFlags): Promise<ExperimentClient> {
  const { url, key } = await chooseWorker(flags);
  return openExperimentClient(url, key);
}
