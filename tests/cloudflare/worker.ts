// The deployed Worker of the stand-in: answers what `npm run token-key` and the smoke test of a deployment ask. It runs
// no code of the product.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import type { Version } from './account.ts';

export interface DeployedWorker {
  /** In use. */
  release: string | null;
  /** False while the isolate loads it. */
  hasLoaded: boolean;
  /** Answers that the version before still gives: a deployment takes a while to reach each location. */
  staleAnswers: number;
  failures: { step: string; reason: string }[];
  canErase: boolean;
  /** If true, the release's model scores the gallery of a player with history. */
  hasInference: boolean;
  answer(request: IncomingMessage, response: ServerResponse, version: Version): Promise<void>;
  /** Players whose data is stored. */
  readonly players: Set<string>;
}

const ITEMS = [{ itemId: 'wynmere' }, { itemId: 'tolva' }];

/** The keys that sign tokens, without their secret part. */
const listPublicKeys = ({ bindings }: Version): object[] =>
  bindings
    .filter(({ name }) => /^TOKEN_KEY_[01]$/.test(name))
    .map(({ text }) => {
      const { d: _, ...publicKey } = JSON.parse(text!);
      return publicKey;
    });

/** Only a version with the binding knows its id. */
const tellVersion = ({ id, bindings }: Version): string | null =>
  bindings.some(({ type }) => type === 'version_metadata') ? id : null;

export function createDeployedWorker(): DeployedWorker {
  const players = new Set<string>();
  const clicked = new Set<string>();
  const worker: DeployedWorker = {
    release: null,
    hasLoaded: true,
    staleAnswers: 0,
    failures: [],
    canErase: true,
    hasInference: true,
    players,
    async answer(request, response, version) {
      const send = (status: number, body?: object) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(body && JSON.stringify(body));
      };
      if (request.url === '/.well-known/jwks.json') return send(200, { keys: listPublicKeys(version) });
      const key = version.bindings.find(({ name }) => name === 'ADMIN_KEY')?.text;
      if (request.headers.authorization !== `Bearer ${key}`) return send(401, { title: 'Unauthorized' });
      worker.staleAnswers = Math.max(0, worker.staleAnswers - 1);
      const { release, failures } = worker;
      const loaded = worker.hasLoaded ? release : null;
      if (request.url === '/v1/status')
        return send(200, {
          workerVersion: tellVersion(version),
          ...{ release: loaded, engine: loaded && 'onnx', items: ITEMS.length, failures },
        });
      if (request.url === '/v1/releases?limit=1') return send(200, { inUse: release && { version: release } });
      if (request.url === '/v1/events') {
        const { events } = (await json(request)) as { events: { userId: string }[] };
        for (const { userId } of events) clicked.add(userId);
        return send(200, { results: [] });
      }
      const [, userId] = /^\/v1\/users\/([^/]+)/.exec(request.url!)!;
      if (request.method === 'DELETE') {
        if (!worker.canErase) return send(503, {});
        players.delete(userId!);
        return send(202, {});
      }
      players.add(userId!);
      const tier = release !== null && worker.hasInference && clicked.has(userId!) ? 'online' : 'statistics';
      send(200, { tier, release, degraded: [], rows: [{ items: ITEMS }] });
    },
  };
  return worker;
}
