// Passes calls on to a Worker and gives each answer five seconds, unless the call names a deadline, and the log of a
// player as long as it takes: on a busy machine, the default of 150 ms, and the product's 60 ms for the log, would show
// degraded answers.

import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENT = /\/(?:gallery|recommendations|search|similar)$|^\/api\/(?:session\/)?recommend\b/;
const DEADLINE_MS = 5_000;
const REPEAT_MS = 50;
/** Reason of an answer that did not wait for the player's log; the next has it. */
const LOG_NOT_READ = 'The player’s log has not been read yet.';

export interface PatientProxy {
  url: string;
  close(): void;
}

export async function openPatientProxy(workerUrl: string): Promise<PatientProxy> {
  const server = createServer((call, answer) => {
    const target = new URL(call.url!, workerUrl);
    const isPatient = PATIENT.test(target.pathname);
    if (isPatient && !target.searchParams.has('deadlineMs')) target.searchParams.set('deadlineMs', String(DEADLINE_MS));
    if (isPatient && call.method === 'GET') void passUntilRead(target, call, answer);
    else pass(target, call, answer);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function pass(target: URL, call: IncomingMessage, answer: ServerResponse): void {
  const passed = request(target.href, { method: call.method, headers: call.headers }, (response) => {
    answer.writeHead(response.statusCode!, response.headers);
    response.pipe(answer);
  });
  passed.once('error', () => answer.destroy());
  call.pipe(passed);
}

/** Repeats the call until the player's log has been read. */
async function passUntilRead(target: URL, { headers }: IncomingMessage, answer: ServerResponse): Promise<void> {
  try {
    for (; !answer.destroyed; await sleep(REPEAT_MS)) {
      // Compressed text could not be searched.
      const passed = request(target.href, { headers: { ...headers, 'accept-encoding': 'identity' } }).end();
      const [response] = (await once(passed, 'response')) as [IncomingMessage];
      const body = await text(response);
      if (body.includes(LOG_NOT_READ)) continue;
      answer.writeHead(response.statusCode!, response.headers).end(body);
      return;
    }
  } catch {
    answer.destroy();
  }
}
