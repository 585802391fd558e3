// Formats the report of the serving bench. Measures nothing.

import { formatMemory } from './isolate-memory.ts';
import type { Latency } from './latency.ts';
import { formatRatio } from './rounds.ts';
import type { ServingReport } from './serving.ts';

export function formatServing({ comparisons, latencies, memory, ...report }: ServingReport): string {
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
bundle                                           ${report.bundleMB.toFixed(1)} MB, ${report.bundleGzipMB.toFixed(
    1,
  )} MB gzipped`;
}

const formatLatency = ({ p50Ms, p99Ms }: Latency): string => `${p50Ms.toFixed(1)} and ${p99Ms.toFixed(1)} ms`;
