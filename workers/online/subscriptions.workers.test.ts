import { env, exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { Problem } from '../../models/contracts/problem.ts';
import { SUBSCRIPTIONS_MAX, type Subscription } from '../../models/contracts/subscription.ts';

type Answer = Problem & Subscription & { secret?: string; subscriptions: Subscription[] };

async function call(method: string, path: string, body?: object, { key = 'test-admin', host = 'edge.example' } = {}) {
  const response = await exports.default.fetch(`http://${host}${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer, headers: response.headers };
}
const url = 'https://example.com/hook';

it('stores subscriptions; each secret is shown once', async () => {
  const created = await call('POST', '/v1/subscriptions', { url, events: ['job.failed', 'job.failed'] });
  expect(created.status).toBe(201);
  const { secret, subscriptionId } = created.body;
  expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{32}$/);
  expect(created.body).toMatchObject({ url, events: ['job.failed'], lastDelivery: null });
  expect(created.headers.get('location')).toBe(`/v1/subscriptions/${subscriptionId}`);
  expect(created.headers.get('cache-control')).toBe('no-store');
  const { body } = await call('GET', '/v1/subscriptions');
  expect(body.subscriptions).toEqual([{ ...created.body, secret: undefined }]);
  expect(JSON.stringify(body)).not.toContain('whsec_');

  expect((await call('DELETE', `/v1/subscriptions/${subscriptionId}`)).status).toBe(204);
  expect((await call('DELETE', `/v1/subscriptions/${subscriptionId}`)).body).toMatchObject({ status: 404 });
  expect((await call('GET', '/v1/subscriptions')).body.subscriptions).toEqual([]);
});

it('refuses forbidden addresses and one subscription too many', async () => {
  const refused = async (body: object) => {
    const { status, body: problem } = await call('POST', '/v1/subscriptions', body);
    expect(status).toBe(400);
    return problem.errors;
  };
  expect(await refused({ url: 'https://10.0.0.1/', events: ['job.failed'] })).toEqual([
    { path: 'url', message: 'must name a host, not a number' },
  ]);
  expect(await refused({ url: 'http://localhost:1/', events: ['job.failed'] })).toMatchObject([{ path: 'url' }]);
  expect(await refused({ url, events: [] })).toMatchObject([{ path: 'events' }]);
  expect(await refused({ url, events: ['everything'] })).toMatchObject([{ path: 'events.0' }]);
  expect((await call('POST', '/v1/subscriptions', { url, events: ['job.failed'] }, { key: 'test-read' })).status).toBe(
    403,
  );
  // On the developer's own machine.
  const local = { url: 'http://localhost:9/', events: ['job.failed'] };
  expect((await call('POST', '/v1/subscriptions', local, { host: 'localhost' })).status).toBe(201);

  for (let count = 1; count < SUBSCRIPTIONS_MAX; count++)
    expect((await call('POST', '/v1/subscriptions', { url, events: ['job.failed'] })).status).toBe(201);
  expect((await call('POST', '/v1/subscriptions', { url, events: ['job.failed'] })).status).toBe(409);
  await env.DB.exec('delete from subscriptions');
});
