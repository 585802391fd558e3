// The API document: what describes the API as a whole, and an example for each JSON answer. Each endpoint describes
// itself (endpoint.ts).

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { AppEnv } from './endpoint.ts';
import { EXAMPLES } from './examples.ts';

const TAGS: Readonly<Record<string, string>> = {
  Events: 'What players do. An event counts in the player’s next answer.',
  Recommendations: 'Galleries, top picks, lists, search, and the notice that a gallery is ready.',
  Items: 'The catalogue: games and their fields.',
  Users: 'Players: signals, preferences, and merging a guest into an account.',
  'Personal data': 'Export and erasure of everything that is held of a player.',
  Tokens: 'Tokens that open the data of one player, for a game client.',
  Rules: 'Rules of the store: pin, boost, bury or exclude games.',
  Subscriptions: 'Webhooks.',
  Keys: 'Keys of servers and operators, and the log of what administrators changed.',
  Operation: 'Health, state and counts.',
};
const DOCUMENT = {
  openapi: '3.1.0',
  info: {
    title: 'Bloodstream',
    version: '1',
    description:
      'Recommendations for games that reflect what a player did a second ago. Every error is a problem document ' +
      '(RFC 9457).',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
  },
  // Relative to the document: the Worker that serves it.
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

export function describeApi(app: OpenAPIHono<AppEnv>): object {
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
