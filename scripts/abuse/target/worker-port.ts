// Finds the port on which a Worker's process itself listens, behind wrangler's listener. A request to it costs half
// the processor time. Linux only: it reads /proc.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isHealthy } from '../../local/local-server.ts';

const LISTENING = '0A';
const ANSWER_TIMEOUT_MS = 5_000;

/** Undefined if none of the process's ports answers as the Worker does. */
export async function findWorkerPort(pid: number): Promise<number | undefined> {
  for (const port of listPorts(pid)) if (await isHealthy(`http://127.0.0.1:${port}`, ANSWER_TIMEOUT_MS)) return port;
  return undefined;
}

/** Ports on which the process listens. */
function listPorts(pid: number): number[] {
  try {
    const sockets = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => readLink(`/proc/${pid}/fd/${fd}`)));
    // proc_net_tcp: the local address as hexadecimal “address:port”, the state, and the socket's inode.
    return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === LISTENING && sockets.has(`socket:[${inode}]`))
      .map(([, address]) => Number.parseInt(address!.split(':')[1]!, 16));
  } catch {
    return [];
  }
}

/** Empty if the descriptor has been closed meanwhile. */
function readLink(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}
