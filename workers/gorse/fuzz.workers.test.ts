// Random requests to every endpoint of gorse's API: none may break it.

import { exports } from 'cloudflare:workers';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { gorse } from './app.ts';

const RUNS = 400;
const REQUEST_TIMEOUT_MS = 60_000;

const routes = [
  ...new Set(gorse.routes.filter(({ path }) => path.startsWith('/api')).map(({ method, path }) => `${method} ${path}`)),
].map((route) => route.split(' ') as [method: string, path: string]);

const id = fc.oneof(
  fc.constantFrom(
    'ann',
    'bea',
    'chess',
    'go',
    'me',
    '.',
    '..',
    'constructor',
    '__proto__',
    'x'.repeat(128),
    'x'.repeat(129),
  ),
  fc.string({ unit: 'binary', maxLength: 20 }),
);
const type = fc.oneof(
  fc.constantFrom('star', 'read', 'play', 'rate', 'unlike', 'reset', 'search', 'toString'),
  fc.string(),
);
const time = fc.oneof(
  fc.constantFrom('', '2026-11-01', '0001-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2022-02-30', '999999999999', '+'),
  fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
  fc.string(),
);
const labels = fc.oneof(fc.array(fc.string({ maxLength: 70 }), { maxLength: 5 }), fc.jsonValue({ maxDepth: 4 }));
const value = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, 3, 1e300, -1));
const record = fc.record(
  {
    ...{ ItemId: id, UserId: id, FeedbackType: type, Timestamp: time, Value: value, Comment: fc.string() },
    ...{ IsHidden: fc.boolean(), Categories: fc.array(fc.string(), { maxLength: 3 }), Labels: labels },
  },
  { requiredKeys: [] },
);
/** Records with only the fields of their kind pass validation more often than records with all fields. */
const pick = (...fields: string[]) =>
  record.map((whole) => Object.fromEntries(Object.entries(whole).filter(([field]) => fields.includes(field))));
const feedback = fc
  .tuple(
    fc.constantFrom('ann', 'bea'),
    fc.constantFrom('chess', 'go'),
    fc.constantFrom('star', 'read', 'buy', 'play'),
    time,
  )
  .map(([UserId, ItemId, FeedbackType, Timestamp]) => ({ UserId, ItemId, FeedbackType, Timestamp }));
const entity = fc.oneof(
  feedback,
  record,
  pick('ItemId', 'Timestamp', 'Comment', 'IsHidden', 'Categories', 'Labels'),
  pick('UserId', 'Comment', 'Labels'),
);
const body = fc.oneof(
  entity.map((one) => JSON.stringify(one)),
  fc.array(entity, { maxLength: 4 }).map((list) => JSON.stringify(list)),
  fc.array(feedback, { maxLength: 4 }).map((list) => JSON.stringify(list)),
  fc.json(),
  fc.string(),
  fc.nat(100_000).map((depth) => `{"ItemId":"deep","Labels":${'['.repeat(depth)}${']'.repeat(depth)}}`),
);
const oddQuery = fc.dictionary(
  fc.constantFrom('n', 'offset', 'cursor', 'Cursor', 'category', 'user-id', 'write-back-type', 'write-back-delay', 'x'),
  fc.oneof(fc.constantFrom('0', '1', '7', '100', '999999', '-1', 'read', '1m', '9h', 'YQ'), id),
  { maxKeys: 3 },
);
const query = fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: oddQuery });
/** Most are valid for the route, so that the request gets past validation. */
const mostly = (usual: readonly string[]) =>
  fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...usual) }, { weight: 1, arbitrary: id });
const params = fc.record({
  userId: mostly(['ann', 'bea']),
  itemId: mostly(['chess', 'go']),
  feedbackType: mostly(['star', 'read', 'play', 'purchase']),
  category: mostly(['Puzzle', 'racing']),
});
const request = fc.record({ route: fc.constantFrom(...routes), params, query, body });

const encode = (text: string): string => encodeURIComponent(text.toWellFormed()).replaceAll('.', '%2E');

it('answers every request with a result or a problem of the caller, never with an internal error', {
  timeout: 300_000,
}, async () => {
  const statuses = new Map<number, number>();
  const property = fc.asyncProperty(request, async ({ route: [method, path], params, query, body }) => {
    const address = path.replaceAll(/:(\w+)\??|\*/g, (_, name: keyof typeof params) =>
      encode(params[name] ?? params.category),
    );
    const response = await exports.default.fetch(`http://edge${address}?${new URLSearchParams(query)}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-api-key': 'test-admin' },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      ...(method !== 'GET' && { body: body.toWellFormed() }),
    });
    const answer: unknown = JSON.parse(await response.text());
    statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
    expect(response.status, JSON.stringify(answer)).toBeLessThan(500);
    if (response.status >= 400) expect(answer).toMatchObject({ status: response.status, title: expect.any(String) });
  });
  await fc.assert(property, { numRuns: RUNS, seed: 1 });
  // Not all requests are refused by validation.
  expect(statuses.get(200)).toBeGreaterThan(RUNS / 10);
});
