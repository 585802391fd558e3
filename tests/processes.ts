// Finds processes that a command has left behind. For tests; Linux only, elsewhere it finds none.

import { readdirSync, readFileSync } from 'node:fs';

/** Processes, as `pid command line`, whose arguments or environment contain the text. */
export function findProcesses(text: string): string[] {
  if (process.platform !== 'linux') return [];
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const hasText = command.includes(text) || readFileSync(`/proc/${pid}/environ`, 'utf8').includes(text);
      return hasText ? [`${pid} ${command}`] : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
