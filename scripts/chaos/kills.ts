// Kills processes of a local server with SIGKILL. Restarts nothing.

import { findServer } from '../local/find-server.ts';

/** `both`: the Worker's process and wrangler at once. */
export const VICTIMS = ['worker', 'wrangler', 'both', 'listener'] as const;
export type Victim = (typeof VICTIMS)[number];

/** Returns false if one of the processes is not there: it is still being started. */
export function killServer(victim: Victim, port: number): boolean {
  const found = findServer(port);
  if (found === undefined) return false;
  const victims = victim === 'both' ? [found.worker, found.wrangler] : [found[victim]];
  for (const { pid } of victims) process.kill(pid, 'SIGKILL');
  return true;
}
