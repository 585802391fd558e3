import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import type { Problem } from '../../models/contracts/problem.ts';

async function call(path: string, method = 'GET', body?: object) {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { authorization: 'Bearer test-admin', 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Problem };
}

interface Document {
  paths: Record<string, Record<string, { parameters?: { in: string }[]; requestBody?: object }>>;
}

it('refuses a parameter that the route does not know, on every route, and names those it knows', async () => {
  const { paths } = (await (await exports.default.fetch('http://edge/openapi.json')).json()) as Document;
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'some-id')] as const),
  );
  expect(routes.length).toBeGreaterThan(30);
  for (const [method, path] of [...routes, ['GET', '/openapi.json']] as const) {
    const { status, body } = await call(`${path}?agelimit=7`, method, method === 'GET' ? undefined : {});
    expect([status, body.errors], `${method} ${path}`).toEqual([
      400,
      [{ path: 'agelimit', message: 'is not a query parameter of this route' }],
    ]);
  }
  const { detail } = (await call('/v1/items/popular?agelimit=7&n=3')).body;
  expect(detail).toBe('Its query parameters are n, expand, platform, country, locale, ageLimit, deadlineMs, genre.');
  expect((await call('/v1/status?verbose')).body.detail).toBe('This route has no query parameters.');
});

it('refuses a field that the body does not know, except on the routes of events and of OpenFeature', async () => {
  const { paths } = (await (await exports.default.fetch('http://edge/openapi.json')).json()) as Document;
  const refusing: string[] = [];
  const accepting: string[] = [];
  for (const [path, methods] of Object.entries(paths))
    for (const [method, { requestBody }] of Object.entries(methods)) {
      if (requestBody === undefined) continue;
      const named = path.replace('{alertId}', '1').replaceAll(/\{\w+\}/g, 'some-id');
      const { body } = await call(named, method.toUpperCase(), { expires: 1 });
      const isRefused = body.errors?.some(({ message }) => message.includes('expires')) ?? false;
      (isRefused ? refusing : accepting).push(`${method} ${path}`);
    }
  expect(refusing.length).toBeGreaterThan(9);
  expect(accepting).toEqual([
    'post /v1/events',
    'post /v1/users/{userId}/gallery',
    // The protocol's clients may send more.
    'post /ofrep/v1/evaluate/flags',
    'post /ofrep/v1/evaluate/flags/{key}',
  ]);
});

it('refuses a repeated parameter, and names of fields that every object has', async () => {
  expect((await call('/v1/items/popular?n=3&n=4')).body.errors).toMatchObject([{ path: 'n' }]);
  for (const name of ['__proto__', 'constructor', 'toString'])
    expect((await call(`/v1/items/popular?${name}=1`)).body.errors, name).toMatchObject([{ path: name }]);
});
