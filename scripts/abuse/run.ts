// One run of abuse: starts a server over a store of its own, attacks it, fuzzes it, and reports what got through.

import type { Shutdown } from '../terminal/shutdown.ts';
import { findAlerts } from './attacks/connections.ts';
import { ATTACKS } from './attacks/index.ts';
import { leaks } from './attacks/leaks.ts';
import { type FuzzReport, fuzz } from './fuzz/fuzz.ts';
import { type ApiDocument, listOperations } from './fuzz/operations.ts';
import { type AttackResult, runAttack, type Target } from './target/attack.ts';
import { Client } from './target/client.ts';
import { createCredentials } from './target/credentials.ts';
import { type Memory, watchMemory } from './target/memory.ts';
import { makeSecrets } from './target/secrets.ts';
import { startServer } from './target/server.ts';
import { countReadable, plantVictims, putItems } from './target/store.ts';

const CONNECTIONS = 16;

export interface Plan {
  /** Folder of an empty store. */
  state: string;
  /** Fuzzed requests. */
  requests: number;
  seed: number;
  onProgress(message: string): void;
}

export interface AbuseReport {
  attacks: AttackResult[];
  fuzz: FuzzReport;
  /** Of the Worker's process, before and after the fuzzed requests. */
  memory: Memory;
  /** Canaries that a key which may read every player sees, before the attacks and after all requests. */
  canaries: { before: number; after: number };
  /** True if the Worker's process has not been started again. */
  survived: boolean;
  /** Errors that the Worker has printed. */
  alerts: string[];
  seconds: number;
}

export async function runAbuse({ state, requests, seed, onProgress }: Plan, shutdown: Shutdown): Promise<AbuseReport> {
  const startedAt = performance.now();
  const secrets = makeSecrets();
  const server = await startServer(state, secrets, shutdown);
  const client = new Client(server.port, CONNECTIONS);
  try {
    const pid = server.readWorkerPid();
    await putItems(client, secrets.keys.admin);
    const credentials = await createCredentials(client, secrets);
    const victims = await plantVictims(client, secrets.keys);
    const document = await client.read<ApiDocument>('GET', '/openapi.json');
    const operations = listOperations(document).map(({ method, path }) => `${method} ${path}`);
    const target: Target = { client, server, secrets, credentials, victims, operations };
    const readCanaries = () => countReadable(client, secrets.keys.read, victims);
    const before = await readCanaries();
    const attacks: AttackResult[] = [];
    for (const attack of ATTACKS) {
      onProgress(attack.name);
      attacks.push(await runAttack(attack, target));
    }
    const endMemory = watchMemory(server);
    const fuzzed = await fuzz(target, document, { requests, seed, connections: CONNECTIONS, onProgress });
    const memory = endMemory();
    attacks.push(await runAttack(leaks, target));
    return {
      attacks,
      fuzz: fuzzed,
      memory,
      canaries: { before, after: await readCanaries() },
      survived: server.readWorkerPid() === pid,
      alerts: findAlerts(server.readLog()),
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    client.close();
    await server.stop();
  }
}
