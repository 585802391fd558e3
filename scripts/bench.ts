// `npm run bench`: prints measured figures, each beside a baseline of the same run. What is measured is in scripts/bench/.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { benchInference, formatInference } from './bench/inference.ts';
import type { Latency } from './bench/latency.ts';
import { formatRatio } from './bench/rounds.ts';
import { benchServing, type ServingReport } from './bench/serving.ts';
import { benchTraining, formatTraining } from './bench/training.ts';

const HELP = `Measures Bloodstream on this machine.

  npm run bench -- serving   [--json]
  npm run bench -- inference [--json]
  npm run bench -- training  [--threads N] [--json]

  serving   recommendations, gallery and ingest against a bare Hono route that makes one Durable Object call, in
            workerd alone: throughput under load, response times without; memory, cold start, size of the bundle.
            Takes some three minutes. Five runs of each, medians, ratios run by run.
  inference one forward pass of each kind of model over 20,000 items, and of the ranking model over 400 candidates, in workerd and in onnxruntime-node on one
            thread. Takes some three minutes. Random weights; nine rounds of each, medians.
  training  a step of sasrec against the same step in PyTorch, and EASE's inverse against numpy's, on the same numbers
            and with as many threads: all cores, or N. By turns, medians, ratios round by round. Takes some ten
            minutes and 4 GB. Needs python3 with torch and numpy, on Debian python3-torch python3-numpy
            libopenblas0-pthread; what is absent is left out.
`;

const say = (message: string) => console.error(message);

async function main(): Promise<void> {
  const { values: flags, positionals } = parseArgs({
    options: { json: { type: 'boolean' }, threads: { type: 'string' }, help: { type: 'boolean' } },
    allowPositionals: true,
  });
  const [what = 'serving'] = positionals;
  if (flags.help) return console.log(HELP);
  const print = <Report>(report: Report, format: (report: Report) => string) =>
    console.log(flags.json ? JSON.stringify(report, null, 2) : `\n${format(report)}`);
  if (what === 'training') return print(await benchTraining(readThreads(flags.threads), say), formatTraining);
  if (what !== 'serving' && what !== 'inference') throw new Error(`there is no bench “${what}”\n\n${HELP}`);
  if (flags.threads !== undefined)
    throw new Error('--threads is for training alone: what serves has the whole machine');
  if (what === 'inference') return print(await benchInference(say), formatInference);
  print(await benchServing(say), formatServing);
}

function readThreads(text: string | undefined): number {
  const threads = text === undefined ? availableParallelism() : Number(text);
  if (Number.isInteger(threads) && threads > 0) return threads;
  throw new Error(`--threads ${text}: give a whole number from 1 on`);
}

function formatServing({ comparisons, latencies, memory, ...report }: ServingReport): string {
  const rows = comparisons.map(({ name, ours, baseline, ratio }) =>
    [
      name.padEnd(24),
      ours.requestsPerSecond.toFixed(0).padStart(12),
      ours.p50Ms.toFixed(0).padStart(9),
      ours.p99Ms.toFixed(0).padStart(9),
      baseline.requestsPerSecond.toFixed(0).padStart(13),
      `   ${formatRatio(ratio)}`,
    ].join(''),
  );
  return `                          requests/s   p50 ms   p99 ms   bare route   ratio (least–greatest)
${rows.join('\n')}

one request after another, p50 and p99: gallery ${formatLatency(latencies.gallery)}, bare route ${formatLatency(latencies.bare)}

memory of the isolate with ORT and the release   ${(memory.heapMB + memory.buffersMB + memory.ortMB).toFixed(0)} MB (heap ${memory.heapMB.toFixed(0)}, buffers ${memory.buffersMB.toFixed(0)}, ORT ${memory.ortMB.toFixed(0)})
cold isolate → first gallery                     ${report.coldGalleryMs.toFixed(0)} ms
cold isolate → model ready                       ${report.coldModelMs.toFixed(0)} ms
bundle                                           ${report.bundleMB.toFixed(1)} MB, ${report.bundleGzipMB.toFixed(1)} MB gzipped`;
}

const formatLatency = ({ p50Ms, p99Ms }: Latency): string => `${p50Ms.toFixed(1)} and ${p99Ms.toFixed(1)} ms`;

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
