// Measures the peak memory of the process since the last reading. It includes what was allocated before: data, other
// models and garbage that has not been collected.

import { readFileSync, writeFileSync } from 'node:fs';

const KB_PER_MB = 1024;
/** Tells Linux to forget the peak so far (proc(5)). */
const RESET_PEAK = '5';

/** Resident memory in MB (2²⁰ bytes). On systems other than Linux: the peak since the process began. */
export function readPeakMemoryMB(): number {
  try {
    const [, peakKB] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))!;
    writeFileSync('/proc/self/clear_refs', RESET_PEAK);
    return Math.round(Number(peakKB) / KB_PER_MB);
  } catch {
    return Math.round(process.resourceUsage().maxRSS / KB_PER_MB);
  }
}
