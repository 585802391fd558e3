// `npm run evaluate`: trains algorithms on a file and measures them, with the code that the trainer runs. It stores
// nothing and needs no store.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { EvaluationCase, Split } from '../models/evaluation/cases.ts';
import { PROTOCOLS } from '../models/evaluation/protocols.ts';
import type { TrainedCandidate } from '../models/release/keep-best.ts';
import { searchAlgorithms } from '../models/release/search.ts';
import { type Dataset, FORMATS_WITHOUT_TIMES, readDataset } from './evaluate/dataset.ts';
import { type Flags, HELP, readFlags } from './evaluate/flags.ts';
import { type Measured, measureCandidate } from './evaluate/measure.ts';
import { formatByEvents, formatTable, tabulateByEvents } from './evaluate/table.ts';
import { formatDuration } from './terminal/duration.ts';
import { endEarlyOnInterrupt } from './terminal/end-early.ts';
import { readPeakMemoryMB } from './terminal/peak-memory.ts';
import { createProgress, type Progress } from './terminal/progress.ts';

async function main(): Promise<void> {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) return console.log(HELP);
  const progress = createProgress();
  const { interactions, catalogue } = await read(flags);
  const split = PROTOCOLS[flags.protocol](interactions, flags.seed);
  if (split.test.length === 0 || split.validation.length === 0)
    throw new Error(
      `${flags.file} has too few choices for ${flags.protocol}: ${count(interactions.userIds.length)} players, ` +
        `${count(split.validation.length)} to validate on, ${count(split.test.length)} to test on; --help says who is asked`,
    );

  const { candidates, selected } = await train(flags, split, catalogue, progress);
  const items = new Set([...interactions.itemIds, ...catalogue.keys()]).size;
  const measured: Measured[] = [];
  for (const candidate of candidates) {
    const test = watchCases(split.test, progress, `measuring ${candidate.model.algorithm}`);
    measured.push(
      await measureCandidate(candidate, { test, training: split.training, catalogueSize: items, seed: flags.seed }),
    );
  }
  progress.end();

  const facts = {
    dataset: path.basename(flags.file),
    protocol: flags.protocol,
    users: interactions.userIds.length,
    items,
    interactions: interactions.items.length,
    seed: flags.seed,
    selected,
  };
  // Means over steps that differ so much say nothing; there, a table by steps stands for them.
  const byEvents = flags.protocol === 'cold-start' ? tabulateByEvents(measured, split.test) : undefined;
  console.log(
    `${facts.dataset}: ${count(facts.users)} players, ${count(items)} games, ${count(facts.interactions)} choices; ` +
      `${facts.protocol}: ${count(split.test.length)} ${byEvents === undefined ? 'players asked' : 'questions'}, ${count(split.leftOut)} left out`,
  );
  console.log(byEvents === undefined ? formatTable(measured, selected, flags.seed) : formatByEvents(byEvents));
  if (flags.json !== undefined) {
    const results = measured.map(({ result }) => result);
    writeFileSync(flags.json, `${JSON.stringify({ ...facts, results, byEvents }, null, 2)}\n`);
  }
}

const count = (n: number) => n.toLocaleString('en');

async function read({ format, file, items, protocol, json }: Flags): Promise<Dataset> {
  // Whether it can be written is found out now, not after an hour of training.
  if (json !== undefined) closeSync(openSync(json, 'a'));
  const dataset = await readDataset(format, file, items);
  if (dataset.skipped > 0)
    console.error(`${count(dataset.skipped)} lines passed over, the first: ${dataset.firstSkipped}`);
  if (protocol === 'temporal' && FORMATS_WITHOUT_TIMES.has(format))
    console.error(`${format} has no times: the cut lies some choices before each player's last one.`);
  return dataset;
}

/** The best of each algorithm, and the name of the one that `auto` would publish. Says which are missing, and why. */
async function train(
  { algorithms, budgetMs, seed, device }: Flags,
  { training, validation }: Split,
  catalogue: Dataset['catalogue'],
  progress: Progress,
): Promise<{ candidates: TrainedCandidate[]; selected: string }> {
  const clock = () => performance.now();
  const endsAt = clock() + budgetMs;
  const { candidates, selected, missing } = await endEarlyOnInterrupt((signal) =>
    searchAlgorithms({
      algorithms,
      interactions: training,
      validation,
      catalogue,
      budgetMs,
      seed,
      device,
      signal,
      // An evaluation that was cut short has its result: there is nothing to go on from.
      checkpoints: { read: () => undefined, write: () => {} },
      clock,
      readPeakMemoryMB,
      onProgress(step, share) {
        const done = share === undefined ? '' : ` · ${Math.round(100 * share)}%`;
        progress.update(`${step}${done} · ${formatDuration(endsAt - clock())} left`);
      },
    }),
  );
  progress.end();
  for (const { algorithm, reason } of missing) console.error(`${algorithm}: ${reason}.`);
  if (selected === undefined) throw new Error('no algorithm has made a model of what is left to learn from');
  return { candidates, selected: selected.model.algorithm };
}

function* watchCases(cases: readonly EvaluationCase[], progress: Progress, step: string): Generator<EvaluationCase> {
  for (const [asked, question] of cases.entries()) {
    progress.update(`${step} ${Math.round((100 * asked) / cases.length)}%`);
    yield question;
  }
}

function explain({ code, path: at, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return `there is no file or folder for ${at}`;
  if (code === 'EISDIR') return 'a folder was named where a file is needed';
  return message;
}

main().catch((error: Error) => {
  console.error(`evaluate: ${explain(error)}`);
  process.exitCode = 1;
});
