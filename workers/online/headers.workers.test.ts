import { exports } from 'cloudflare:workers';
import { expect, it } from 'vitest';

const headersOf = async (path: string) => (await exports.default.fetch(`http://edge${path}`)).headers;

it('sends a policy that loads nothing with every answer', async () => {
  for (const path of ['/health', '/openapi.json', '/v1/items', '/nowhere']) {
    const headers = await headersOf(path);
    expect(headers.get('content-security-policy'), path).toBe(
      "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers.get('x-content-type-options'), path).toBe('nosniff');
  }
});

it('says in every answer when it was given', async () => {
  const before = Math.floor(Date.now() / 1_000) * 1_000;
  for (const path of ['/health', '/v1/items', '/nowhere']) {
    const date = Date.parse((await headersOf(path)).get('date') ?? '');
    expect(date, path).toBeGreaterThanOrEqual(before);
    expect(date, path).toBeLessThanOrEqual(Date.now());
  }
});

it('does not draw covers: they are static files', async () => {
  expect((await exports.default.fetch('http://edge/covers/Action/1.svg')).status).toBe(404);
});
