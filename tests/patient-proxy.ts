// Passes calls on to a Worker and gives each answer five seconds, unless the call names a deadline: on a busy machine,
// the default of 150 ms would show degraded answers.

import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

const PATIENT = /\/(?:gallery|recommendations|search|similar)$|^\/api\/(?:session\/)?recommend\b/;
const DEADLINE_MS = 5_000;

export interface PatientProxy {
  url: string;
  close(): void;
}

export async function openPatientProxy(workerUrl: string): Promise<PatientProxy> {
  const server = createServer((call, answer) => {
    const target = new URL(call.url!, workerUrl);
    if (PATIENT.test(target.pathname) && !target.searchParams.has('deadlineMs'))
      target.searchParams.set('deadlineMs', String(DEADLINE_MS));
    const passed = request(target.href, { method: call.method, headers: call.headers }, (response) => {
      answer.writeHead(response.statusCode!, response.headers);
      response.pipe(answer);
    });
    passed.once('error', () => answer.destroy());
    call.pipe(passed);
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
