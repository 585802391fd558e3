// Finds the processes of a local server. It ends none.

import { execFileSync } from 'node:child_process';

export interface Process {
  pid: number;
  parent: number;
  command: string;
}

export interface ServerProcesses {
  /** The workerd that runs the Worker. */
  worker: Process;
  /** The workerd that takes the connections. */
  listener: Process;
  /** The process that started both. */
  wrangler: Process;
}

/** Undefined while one of the processes is still being started. */
export function findServer(port: number): ServerProcesses | undefined {
  const processes = listProcesses();
  const wrangler = processes.find(
    ({ command }) => command.includes('wrangler-dist/cli.js dev') && command.includes(` --port ${port} `),
  );
  if (wrangler === undefined) return undefined;
  const workerds = processes.filter(
    ({ parent, command }) => parent === wrangler.pid && command.includes('workerd serve'),
  );
  const listener = workerds.find(({ command }) => command.includes(`entry=localhost:${port} `));
  const worker = workerds.find((process_) => process_ !== listener);
  return listener && worker && { worker, listener, wrangler };
}

function listProcesses(): Process[] {
  const lines = execFileSync('ps', ['-axww', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [, pid, parent, command] = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line) ?? [];
    return command === undefined ? [] : [{ pid: Number(pid), parent: Number(parent), command }];
  });
}
