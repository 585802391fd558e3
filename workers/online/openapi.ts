// The API document: describes the API as a whole, and adds an example to each JSON answer. endpoint.ts describes each
// endpoint.

import type { OpenAPIHono } from '@hono/zod-openapi';
import { makeEtag } from './caching.ts';
import type { AppEnv } from './endpoint.ts';
import { EXAMPLES } from './examples.ts';

const TAGS: Readonly<Record<string, string>> = {
  Events: 'Actions of players. An event counts in the player’s next answer.',
  Recommendations: 'Galleries, top picks, lists, search, and notices of galleries that are ready.',
  Items: 'The catalogue: games and their fields.',
  Users: 'Players: signals, preferences, and merging a guest into an account.',
  'Personal data': 'Export and erasure of all data held about a player.',
  Tokens: 'Tokens for game clients; each opens the data of one player.',
  Rules: 'The store’s rules, which pin, boost, bury or exclude games.',
  Experiments: 'Variants of the algorithm for shares of the players.',
  Releases: 'Releases of the models: which exist, and which is in use.',
  Subscriptions: 'Subscriptions to webhooks.',
  Keys: 'Keys of servers and operators, and the audit log of changes by administrators.',
  Issuers: 'Issuers of players’ tokens other than this Worker, such as OpenID providers.',
  Operation: 'Health, state and counts.',
};
const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'Bloodstream',
    version: '1',
    description:
      'Game recommendations that reflect what a player did a second ago. Every error is a problem document ' +
      '(RFC 9457).',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  // Relative to the document, so it stands for the Worker that serves it.
  servers: [{ url: '/', description: 'This Worker.' }],
  tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
};

interface Content {
  example?: unknown;
}
interface Operation {
  operationId: string;
  responses: Record<string, { content?: Record<string, Content> }>;
}

/** Returns a function that builds the document at its first call, and returns the same one from then on. */
export function createApiDocument(app: OpenAPIHono<AppEnv>): () => { text: string; etag: string } {
  let built: { text: string; etag: string } | undefined;
  return () => {
    if (built === undefined) {
      const text = JSON.stringify(describeApi(app));
      built = { text, etag: makeEtag(text) };
    }
    return built;
  };
}

function describeApi(app: OpenAPIHono<AppEnv>): object {
  const document = app.getOpenAPI31Document(DOCUMENT);
  for (const methods of Object.values(document.paths ?? {}))
    for (const operation of Object.values(methods as Record<string, Operation>)) addExample(operation);
  return document;
}

function addExample({ operationId, responses }: Operation): void {
  for (const [status, { content }] of Object.entries(responses)) {
    const json = content?.['application/json'];
    if (status.startsWith('2') && json !== undefined) json.example = EXAMPLES[operationId];
  }
}
