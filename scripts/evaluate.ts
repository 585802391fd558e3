// `npm run evaluate`: trains algorithms on files or on a store's log, and measures them with the trainer's
// code. It writes nothing to the store.

import { closeSync, openSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { Vocabulary } from '../models/algorithms/algorithm.ts';
import type { EvaluationCase, Split } from '../models/evaluation/cases.ts';
import { PROTOCOLS, type Protocol } from '../models/evaluation/protocols.ts';
import { measureData, planBudget } from '../models/release/budget.ts';
import type { TrainedCandidate } from '../models/release/keep-best.ts';
import { searchAlgorithms } from '../models/release/search.ts';
import { createEvaluateCommand, FILE_FLAGS, type Flags } from './evaluate/command.ts';
import { type Dataset, readFiles, readStore } from './evaluate/dataset.ts';
import { renderEvaluation } from './evaluate/html/report.ts';
import { type Measured, measureCandidate, type TestSplit } from './evaluate/measure.ts';
import { measurePlainScorer } from './evaluate/plain-scorer.ts';
import { formatByEvents, formatTable, tabulateByEvents } from './evaluate/table.ts';
import { describeSkipped } from './import/skipped.ts';
import { chooseStores } from './stores/choose.ts';
import { runCommand } from './terminal/command.ts';
import { formatDuration } from './terminal/duration.ts';
import { endEarlyOnInterrupt } from './terminal/end-early.ts';
import { readPeakMemoryMB } from './terminal/peak-memory.ts';
import { createProgress, type Progress } from './terminal/progress.ts';

async function evaluate(file: string | undefined, flags: Flags, command: CommandUnknownOpts): Promise<void> {
  const needsFile = FILE_FLAGS.find((name) => flags[name] !== undefined);
  if (file === undefined && needsFile !== undefined) {
    const flag = command.options.find((option) => option.attributeName() === needsFile)!.long;
    command.error(`${flag} says how files are read: name a path`);
  }
  if (file !== undefined && flags.remote) command.error('--remote reads the log of an account: leave the path out');
  const progress = createProgress();
  const dataset = file === undefined ? 'the log' : path.basename(file);
  const { interactions, catalogue } = await read(file, flags, progress);
  const split = PROTOCOLS[flags.protocol](interactions, flags.seed);
  if (split.test.length === 0 || split.validation.length === 0)
    throw new Error(explainTooFew(dataset, flags.protocol, interactions.userIds.length, split));

  const { candidates, selected, vocabulary } = await train(flags, split, catalogue, progress);
  const items = new Set([...interactions.itemIds, ...catalogue.keys()]).size;
  const measured: Measured[] = [];
  const watchSplit = (name: string): TestSplit => ({
    test: watchCases(split.test, progress, `measuring ${name}`),
    training: split.training,
    catalogueSize: items,
    seed: flags.seed,
  });
  for (const candidate of candidates)
    measured.push(await measureCandidate(candidate, watchSplit(candidate.model.algorithm)));
  if (flags.plainScorer)
    measured.push(await measurePlainScorer(selected, { candidates, vocabulary }, watchSplit('the plain scorer')));
  progress.end();
  const facts: Facts = {
    dataset,
    protocol: flags.protocol,
    users: interactions.userIds.length,
    items,
    interactions: interactions.items.length,
    seed: flags.seed,
    selected: selected.model.algorithm,
  };
  report(flags, split, measured, facts);
  if (flags.html === undefined) return;
  const players = new Map(vocabulary.itemIds.map((itemId, index) => [itemId, vocabulary.counts[index]!]));
  const described = { title: dataset, facts: describeFacts(facts, split), selected: facts.selected };
  writeFileSync(flags.html, renderEvaluation({ ...described, measured, cases: split.test, catalogue, players }));
}

const explainTooFew = (dataset: string, protocol: Protocol, users: number, { validation, test }: Split): string =>
  `${dataset} has too few interactions for ${protocol}: ${count(users)} players, ${count(validation.length)} to ` +
  `validate on, ${count(test.length)} to test on; --help says which players a protocol takes`;

interface Facts {
  dataset: string;
  protocol: Protocol;
  users: number;
  items: number;
  interactions: number;
  seed: number;
  selected: string;
}

function report(flags: Flags, split: Split, measured: readonly Measured[], facts: Facts): void {
  // A mean over 0 to 10 events seen would hide the differences, so this protocol has a table by number of events.
  const byEvents = facts.protocol === 'cold-start' ? tabulateByEvents(measured, split.test) : undefined;
  console.log(`${facts.dataset}: ${describeFacts(facts, split)}`);
  console.log(byEvents === undefined ? formatTable(measured, facts.selected, facts.seed) : formatByEvents(byEvents));
  if (flags.json === undefined) return;
  const results = measured.map(({ result }) => result);
  writeFileSync(flags.json, `${JSON.stringify({ ...facts, results, byEvents }, null, 2)}\n`);
}

const describeFacts = ({ users, items, interactions, protocol }: Facts, split: Split): string =>
  `${count(users)} players, ${count(items)} games, ${count(interactions)} interactions; ${protocol}: ` +
  `${count(split.test.length)} ${protocol === 'cold-start' ? 'evaluation cases' : 'test players'}, ` +
  `${count(split.leftOut)} left out`;

const count = (n: number) => n.toLocaleString('en');

async function read(file: string | undefined, flags: Flags, progress: Progress): Promise<Dataset> {
  const { protocol, json, html } = flags;
  // Fails now if a file cannot be written, not after an hour of training.
  for (const written of [json, html]) if (written !== undefined) closeSync(openSync(written, 'a'));
  const dataset = await (file === undefined
    ? readStore(await chooseStores(flags), (step) => progress.update(step))
    : readFiles({ ...flags, path: file, itemsPath: flags.items }));
  progress.end();
  for (const one of dataset.skipped) console.error(`Skipped: ${describeSkipped(one)}`);
  if (protocol === 'temporal' && dataset.isUntimed)
    console.error(`${file} has no times: the cut lies some interactions before each player's last one.`);
  return dataset;
}

/** Returns the best model of each algorithm and the one that `auto` would publish; prints the missing ones. */
async function train(
  { algorithms, budget, seed, device }: Flags,
  { training, validation }: Split,
  catalogue: Dataset['catalogue'],
  progress: Progress,
): Promise<{ candidates: TrainedCandidate[]; selected: TrainedCandidate; vocabulary: Vocabulary }> {
  const clock = () => performance.now();
  const budgetMs = planBudget(budget, measureData(training, catalogue));
  const endsAt = clock() + budgetMs;
  const { candidates, selected, vocabulary, missing } = await endEarlyOnInterrupt((signal) =>
    searchAlgorithms({
      algorithms,
      interactions: training,
      validation,
      catalogue,
      budgetMs,
      seed,
      device,
      signal,
      // An evaluation that was cut short prints its result: nothing resumes it.
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
  if (selected === undefined) throw new Error('no algorithm could train a model on the training split');
  return { candidates, selected, vocabulary };
}

function* watchCases(cases: readonly EvaluationCase[], progress: Progress, step: string): Generator<EvaluationCase> {
  for (const [measured, evaluationCase] of cases.entries()) {
    progress.update(`${step} ${Math.round((100 * measured) / cases.length)}%`);
    yield evaluationCase;
  }
}

await runCommand(createEvaluateCommand().action(evaluate));
