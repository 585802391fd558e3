// `npm run bench`: prints measured figures, each beside a baseline of the same run. What is measured is in scripts/bench/.

import { parseArgs } from 'node:util';
import { benchServing } from './bench/serving.ts';

const HELP = `Measures Bloodstream on this machine.

  npm run bench -- serving [--json]

  serving   recommendations and ingest against a bare Hono route that makes one Durable Object call; memory, cold
            start, size of the bundle. Takes some three minutes. Five runs of each, medians, ratios run by run.
`;

const { values: flags, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
  allowPositionals: true,
});

const say = (message: string) => console.error(message);

async function main(): Promise<void> {
  const [what = 'serving'] = positionals;
  if (flags.help) return console.log(HELP);
  if (what !== 'serving') throw new Error(`there is no bench “${what}”\n\n${HELP}`);
  const report = await benchServing(say);
  if (flags.json) return console.log(JSON.stringify(report, null, 2));
  console.log('\n                          requests/s   p50 ms   p99 ms   bare route   ratio (least–greatest)');
  for (const { name, ours, baseline, ratio } of report.comparisons)
    console.log(
      [
        name.padEnd(24),
        ours.requestsPerSecond.toFixed(0).padStart(12),
        ours.p50Ms.toFixed(0).padStart(9),
        ours.p99Ms.toFixed(0).padStart(9),
        baseline.requestsPerSecond.toFixed(0).padStart(13),
        `   ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)}–${ratio.max.toFixed(2)})`,
      ].join(''),
    );
  const { memory } = report;
  console.log(`
memory of the isolate with ORT and the release   ${(memory.heapMB + memory.buffersMB + memory.ortMB).toFixed(0)} MB (heap ${memory.heapMB.toFixed(0)}, buffers ${memory.buffersMB.toFixed(0)}, ORT ${memory.ortMB.toFixed(0)})
cold isolate → first gallery                     ${report.coldGalleryMs.toFixed(0)} ms
cold isolate → model ready                       ${report.coldModelMs.toFixed(0)} ms
bundle                                           ${report.bundleMB.toFixed(1)} MB, ${report.bundleGzipMB.toFixed(1)} MB gzipped`);
}

main().then(
  () => process.exit(0),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
