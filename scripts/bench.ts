// `npm run bench`: prints measurements, each beside a baseline from the same run. The measurements are in scripts/bench/,
// which loads only what the named bench needs: it is slow to load.

import { availableParallelism } from 'node:os';
import type { Latency } from './bench/latency.ts';
import { formatRatio } from './bench/rounds.ts';
import type { ServingReport } from './bench/serving.ts';
import { createCommand, runCommand } from './terminal/command.ts';
import { reserveStdout } from './terminal/json-output.ts';
import { jsonOption, parseWholeNumber } from './terminal/options.ts';
import { handleSignals } from './terminal/shutdown.ts';

/** What shells report: 128 and the number of the signal. */
const INTERRUPTED = 130;
const log = (message: string) => console.error(message);

const bench = createCommand(
  'bench',
  'Measures Bloodstream on this machine, each figure beside a baseline.',
).addHelpText(
  'after',
  `
Examples:
  npm run bench -- inference
  npm run -s bench -- serving --json`,
);

bench
  .command('serving')
  .description(
    'Recommendations, gallery and ingest against a bare Hono route with one Durable Object call, in workerd alone: ' +
      'throughput under load, latency without; memory, cold start, bundle size. Five runs of each, medians, ratios ' +
      'run by run. Takes three minutes.',
  )
  .addOption(jsonOption())
  .action(async ({ json }) => {
    const { benchServing } = await import('./bench/serving.ts');
    await measure(json, () => benchServing(log), formatServing);
  });

bench
  .command('inference')
  .description(
    'One forward pass of each kind of model over 20,000 items, and of the ranking model over 400 candidates, in ' +
      'workerd and in onnxruntime-node on one thread. Random weights; nine rounds of each, medians. Takes three minutes.',
  )
  .addOption(jsonOption())
  .action(async ({ json }) => {
    const { benchInference, formatInference } = await import('./bench/inference.ts');
    await measure(json, () => benchInference(log), formatInference);
  });

bench
  .command('training')
  .description(
    "A step of sasrec against the same step in PyTorch, and EASE's inverse against numpy's, on the same numbers and " +
      'with as many threads. By turns, medians, ratios round by round. Takes ten minutes and 4 GB. Needs python3 with ' +
      'torch and numpy (on Debian python3-torch python3-numpy libopenblas0-pthread); missing ones are left out.',
  )
  .option('--threads <n>', 'threads on both sides', parseWholeNumber(1), availableParallelism())
  .addOption(jsonOption())
  .action(async ({ json, threads }) => {
    const { benchTraining, formatTraining } = await import('./bench/training.ts');
    await measure(json, () => benchTraining(threads, log), formatTraining);
  });

async function measure<Report>(
  json: true | undefined,
  run: () => Promise<Report>,
  format: (report: Report) => string,
): Promise<void> {
  handleSignals(INTERRUPTED);
  const printJson = json ? reserveStdout() : undefined;
  const report = await run();
  if (printJson) printJson(report);
  else console.log(`\n${format(report)}`);
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

one request after another, p50 and p99: gallery ${formatLatency(latencies.gallery)}, bare route ${formatLatency(
    latencies.bare,
  )}

memory of the isolate with ORT and the release   ${formatMemory(memory)}
cold isolate → first gallery                     ${report.coldGalleryMs.toFixed(0)} ms
cold isolate → model ready                       ${report.coldModelMs.toFixed(0)} ms
bundle                                           ${report.bundleMB.toFixed(1)} MB, ${report.bundleGzipMB.toFixed(1)} MB gzipped`;
}

const formatMemory = ({ heapMB, buffersMB, ortMB }: ServingReport['memory']): string =>
  `${(heapMB + buffersMB + ortMB).toFixed(0)} MB (heap ${heapMB.toFixed(0)}, buffers ${buffersMB.toFixed(0)}, ` +
  `ORT ${ortMB.toFixed(0)})`;

const formatLatency = ({ p50Ms, p99Ms }: Latency): string => `${p50Ms.toFixed(1)} and ${p99Ms.toFixed(1)} ms`;

await runCommand(bench);
// onnxruntime's threads and open connections would keep the process alive.
process.exit();
