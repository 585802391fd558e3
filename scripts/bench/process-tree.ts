// Measures the peak memory and processor time of a process and its descendants, workerd included, by sampling. Linux
// only: it reads /proc.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';

const KB_PER_MB = 1024;
/** sysconf(_SC_CLK_TCK): 100 in Linux on every platform of Node. */
const TICKS_PER_SECOND = 100;
const SAMPLE_MS = 250;

export interface TreeUsage {
  /** MB (2²⁰ bytes) of all processes at one time; shared pages count once. */
  peakMB: number;
  /** The same peak by the name of the program. */
  peakByProgram: Record<string, number>;
  /** CPU time of all processes; it does not include other work on the machine. */
  cpuSeconds: number;
}

/** Samples the descendants of the process `root`, without `root` itself. Returns a function that ends the sampling. */
export function watchTree(root: number): () => TreeUsage {
  const usage: TreeUsage = { peakMB: 0, peakByProgram: {}, cpuSeconds: 0 };
  const ticks = new Map<number, number>();
  const sample = () => {
    const byProgram: Record<string, number> = {};
    for (const { pid, cpuTicks } of listDescendants(root)) {
      ticks.set(pid, cpuTicks);
      const program = readProgram(pid);
      byProgram[program] = (byProgram[program] ?? 0) + readProportionalMB(pid);
    }
    const total = sum(Object.values(byProgram));
    if (total > usage.peakMB) Object.assign(usage, { peakMB: total, peakByProgram: byProgram });
  };
  const timer = setInterval(sample, SAMPLE_MS);
  return () => {
    clearInterval(timer);
    return { ...usage, cpuSeconds: sum([...ticks.values()]) / TICKS_PER_SECOND };
  };
}

/** CPU time so far of the descendants of `root` that run `program`, by the name of its file. */
export const readCpuSeconds = (root: number, program: string): number =>
  sum(
    listDescendants(root)
      .filter(({ pid }) => readProgram(pid) === program)
      .map(({ cpuTicks }) => cpuTicks),
  ) / TICKS_PER_SECOND;

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

interface Process {
  pid: number;
  parent: number;
  /** Time in user and kernel mode, without children. */
  cpuTicks: number;
}

function listDescendants(root: number): Process[] {
  const children = Map.groupBy(listProcesses(), ({ parent }) => parent);
  const found: Process[] = [];
  const queue = [root];
  for (let pid = queue.pop(); pid !== undefined; pid = queue.pop())
    for (const child of children.get(pid) ?? []) {
      found.push(child);
      queue.push(child.pid);
    }
  return found;
}

const listProcesses = (): Process[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      // proc(5): the name in brackets may hold anything; the fields after it are the third and following.
      const [, fields] = /^\d+ \(.*\) (.*)/s.exec(readIfRunning(`/proc/${name}/stat`)) ?? [];
      if (fields === undefined) return [];
      const [, parent, , , , , , , , , , userTicks, kernelTicks] = fields.split(' ').map(Number);
      return [{ pid: Number(name), parent: parent!, cpuTicks: userTicks! + kernelTicks! }];
    });

/** A process has the name of its main thread, which Node sets. */
function readProgram(pid: number): string {
  try {
    return path.basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return '';
  }
}

/** A page shared by n processes counts 1/n for each. */
function readProportionalMB(pid: number): number {
  const [, kilobytes] = /^Pss:\s+(\d+) kB/m.exec(readIfRunning(`/proc/${pid}/smaps_rollup`)) ?? [];
  return Number(kilobytes ?? 0) / KB_PER_MB;
}

/** Empty if the process has ended meanwhile. */
function readIfRunning(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
