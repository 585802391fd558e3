// One run of abuse: starts a server over a store of its own, attacks it, fuzzes it, and reports what got through.

import type { Shutdown } from '../terminal/shutdown.ts';
import { ATTACKS } from './attacks/index.ts';
import { leaks } from './attacks/leaks.ts';
import { CLIENT_BYTES_MAX, measureClient } from './client-size.ts';
import { type FuzzReport, fuzz } from './fuzz/fuzz.ts';
import { type ApiDocument, listOperations } from './fuzz/operations.ts';
import { countBlocks, type GuideCounts } from './guide-blocks.ts';
import { findAlerts } from './target/alerts.ts';
import { type AttackResult, runAttack, type Target } from './target/attack.ts';
import { Client } from './target/client.ts';
import { createCredentials } from './target/credentials.ts';
import { createIssuerCredential } from './target/issuer.ts';
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
  /** Memory of the Worker before and after the fuzzed requests. */
  memory: Memory;
  /** Canaries seen by a key that may read every player, before the attacks and after all requests. */
  canaries: { before: number; after: number };
  /** True if the Worker's process was not restarted. */
  survived: boolean;
  /** Errors that the Worker has printed. */
  alerts: string[];
  /** The client that games import, gzipped. */
  client: { bytes: number; bytesMax: number };
  /** Code blocks of the guides. This run only counts them. */
  guides: GuideCounts;
  seconds: number;
}

export async function runAbuse(plan: Plan, shutdown: Shutdown): Promise<AbuseReport> {
  const startedAt = performance.now();
  const secrets = makeSecrets();
  const server = await startServer(plan.state, secrets, shutdown);
  const client = new Client(server.port, CONNECTIONS);
  try {
    const pid = server.readWorkerPid();
    const document = await client.read<ApiDocument>('GET', '/openapi.json');
    const target = await prepareTarget({ client, server, secrets }, document);
    const readCanaries = () => countReadable(client, secrets.keys.read, target.victims);
    const before = await readCanaries();
    const attacks: AttackResult[] = [];
    for (const attack of ATTACKS) {
      plan.onProgress(attack.name);
      attacks.push(await runAttack(attack, target));
    }
    const fuzzed = await fuzzWorker(target, document, plan);
    attacks.push(await runAttack(leaks, target));
    return {
      attacks,
      ...fuzzed,
      canaries: { before, after: await readCanaries() },
      survived: server.readWorkerPid() === pid,
      alerts: findAlerts(server.readLog()),
      client: { bytes: await measureClient(), bytesMax: CLIENT_BYTES_MAX },
      guides: countBlocks(),
      seconds: Math.round((performance.now() - startedAt) / 1_000),
    };
  } finally {
    client.close();
    await server.stop();
  }
}

async function prepareTarget(
  parts: Pick<Target, 'client' | 'server' | 'secrets'>,
  document: ApiDocument,
): Promise<Target> {
  const { client, secrets } = parts;
  await putItems(client, secrets.keys.admin);
  return {
    ...parts,
    credentials: [
      ...(await createCredentials(client, secrets)),
      await createIssuerCredential(client, secrets.keys.admin),
    ],
    victims: await plantVictims(client, secrets.keys),
    operations: listOperations(document).map(({ method, path }) => `${method} ${path}`),
  };
}

/** Bypasses wrangler's listener where possible: it takes as much processor time as the Worker. */
async function fuzzWorker(
  target: Target,
  document: ApiDocument,
  plan: Plan,
): Promise<Pick<AbuseReport, 'fuzz' | 'memory'>> {
  const client = new Client(target.server.workerPort, CONNECTIONS);
  const endMemory = await watchMemory(target.server);
  try {
    const report = await fuzz({ ...target, client }, document, { ...plan, connections: CONNECTIONS });
    return { fuzz: report, memory: await endMemory() };
  } finally {
    client.close();
  }
}
