// `npm run evaluate`: trains algorithms on a file and measures them, with the code that the trainer runs. It stores
// nothing and needs no store.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { TrainedModel } from '../models/algorithms/algorithm.ts';
import { trainEase } from '../models/algorithms/ease.ts';
import { trainPopularity } from '../models/algorithms/popularity.ts';
import type { RankingMetrics } from '../models/contracts/release.ts';
import { leaveOneOut, rankingCases } from '../models/evaluation/leave-one-out.ts';
import { rankingMetrics } from '../models/evaluation/metrics.ts';
import { rankTargets } from '../models/evaluation/ranking.ts';
import { InteractionLog, type Interactions } from '../models/training/interactions.ts';
import { openScorer } from '../models/training/session.ts';
import { readSequences } from './import/sequences.ts';
import { createProgress } from './progress.ts';

const ALGORITHMS = { popularity: trainPopularity, ease: trainEase };
type Algorithm = keyof typeof ALGORITHMS;

const HELP = `Measures algorithms on a file of interactions.

  npm run evaluate -- --format sequences FILE [--algorithms ${Object.keys(ALGORITHMS).join(',')}]
                      [--protocol leave-one-out] [--json OUT]

  leave-one-out   players with three choices or more; the last is the question, the one before it is kept for validation,
                  training sees neither; the whole catalogue is ranked, what the player had before is left out, ties
                  count against the algorithm
  --json OUT      the results as JSON too, in the file OUT
`;

interface EvaluationResult {
  algorithm: string;
  parameters: TrainedModel['parameters'];
  trainSeconds: number;
  /** The highest that the process has reached so far. */
  peakMemoryMB: number;
  fileMB: number;
  metrics: RankingMetrics;
}

async function main(): Promise<void> {
  const { values: flags, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'sequences' },
      algorithms: { type: 'string', default: Object.keys(ALGORITHMS).join(',') },
      protocol: { type: 'string', default: 'leave-one-out' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (flags.help) return console.log(HELP);
  const [file] = positionals;
  if (positionals.length !== 1 || file === undefined) throw new Error('name one FILE; --help shows how');
  if (flags.format !== 'sequences') throw new Error('--format takes sequences');
  if (flags.protocol !== 'leave-one-out') throw new Error('--protocol takes leave-one-out');
  const algorithms = flags.algorithms.split(',');
  if (!algorithms.every(isAlgorithm))
    throw new Error(`--algorithms takes some of ${Object.keys(ALGORITHMS).join(',')}`);

  const progress = createProgress();
  progress.update(`reading ${file}`);
  const interactions = await readInteractions(file);
  const split = leaveOneOut(interactions, () => true, { lengthMin: 3, removed: 2 });
  if (split.heldOut.length === 0) throw new Error(`${file} has no player with three choices`);
  const results: EvaluationResult[] = [];
  for (const algorithm of algorithms) {
    progress.update(`training and measuring ${algorithm}`);
    results.push(await evaluate(algorithm, interactions, split));
  }
  progress.end();

  const facts = {
    dataset: path.basename(file),
    protocol: flags.protocol,
    users: interactions.userIds.length,
    items: interactions.itemIds.length,
    interactions: interactions.items.length,
  };
  console.log(
    `${facts.dataset}: ${facts.users} players, ${facts.items} games, ${facts.interactions} choices; ${flags.protocol}, ${split.heldOut.length} questions`,
  );
  console.log(formatTable(results));
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify({ ...facts, results }, null, 2)}\n`);
}

const isAlgorithm = (name: string): name is Algorithm => Object.hasOwn(ALGORITHMS, name);

async function readInteractions(file: string): Promise<Interactions> {
  const log = new InteractionLog();
  for await (const row of readSequences({ path: file, itemsPath: undefined, idPrefix: 'line', startedAt: Date.now() }))
    if (row.kind === 'event') log.add(row.event);
  return log.collect();
}

async function evaluate(
  algorithm: Algorithm,
  interactions: Interactions,
  { training, heldOut }: ReturnType<typeof leaveOneOut>,
): Promise<EvaluationResult> {
  const startedAt = performance.now();
  const { parameters, itemIds, file } = await ALGORITHMS[algorithm](training);
  const trainSeconds = (performance.now() - startedAt) / 1000;
  const scorer = await openScorer(file, itemIds);
  const metrics = rankingMetrics(await rankTargets(scorer, rankingCases(interactions, heldOut)));
  await scorer.release();
  const peakMemoryMB = Math.round(process.resourceUsage().maxRSS / 1024);
  return { algorithm, parameters, trainSeconds, peakMemoryMB, fileMB: file.length / 1e6, metrics };
}

function formatTable(results: readonly EvaluationResult[]): string {
  const rows = [
    ['algorithm', 'HR@10', 'NDCG@10', 'train s', 'peak MB', 'file MB'],
    ...results.map(({ algorithm, metrics, trainSeconds, peakMemoryMB, fileMB }) => [
      algorithm,
      metrics['hitRate@10'].toFixed(4),
      metrics['ndcg@10'].toFixed(4),
      trainSeconds.toFixed(1),
      String(peakMemoryMB),
      fileMB.toFixed(1),
    ]),
  ];
  return rows
    .map(([name, ...figures]) => name!.padEnd(12) + figures.map((figure) => figure.padStart(10)).join(''))
    .join('\n');
}

main().catch((error: NodeJS.ErrnoException) => {
  console.error(`evaluate: ${error.code === 'ENOENT' ? `there is no file ${error.path}` : error.message}`);
  process.exitCode = 1;
});
