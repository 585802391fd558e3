// Finds the processes of a local server and kills them with SIGKILL. Starts nothing again.

import { execFileSync } from 'node:child_process';

/**
 * `worker`: the workerd that runs the Worker. `listener`: the one that takes the connections. `wrangler`: the process
 * that has started both. `both`: the Worker's and wrangler at once.
 */
export const VICTIMS = ['worker', 'wrangler', 'both', 'listener'] as const;
export type Victim = (typeof VICTIMS)[number];

interface Process {
  pid: number;
  parent: number;
  command: string;
}

/** Returns false if one of the processes is not there: it is still being started. */
export function killServer(victim: Victim, port: number): boolean {
  const processes = listProcesses();
  const wrangler = processes.find(
    ({ command }) => command.includes('wrangler-dist/cli.js dev') && command.includes(` --port ${port} `),
  );
  if (wrangler === undefined) return false;
  const workerds = processes.filter(
    ({ parent, command }) => parent === wrangler.pid && command.includes('workerd serve'),
  );
  const listener = workerds.find(({ command }) => command.includes(`entry=localhost:${port} `));
  const worker = workerds.find((process_) => process_ !== listener);
  if (listener === undefined || worker === undefined) return false;
  const found = { worker: [worker], listener: [listener], wrangler: [wrangler], both: [worker, wrangler] };
  for (const { pid } of found[victim]) process.kill(pid, 'SIGKILL');
  return true;
}

function listProcesses(): Process[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
