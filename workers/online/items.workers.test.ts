import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, it } from 'vitest';
import { isolate } from '../serving/isolate.ts';
import { patchItem } from '../storage/items.ts';
import { app } from './app.ts';

it('sees a change by another isolate while a large request is written', async () => {
  // Two portions: more than 1,000,000 bytes of rows.
  const items = Array.from({ length: 500 }, (_, index) => ({
    itemId: `bulk-${index}`,
    title: `Game ${index}`,
    tags: Array.from({ length: 64 }, (_, tag) => `${tag} `.padEnd(26, 'x')),
  }));
  // One batch begins the entry in the audit log, before the change; two write the portions.
  const SECOND_PORTION = 3;
  let batches = 0;
  let changed: object | undefined;
  const DB = new Proxy(env.DB, {
    get(target, name) {
      if (name !== 'batch') return Reflect.get(target, name).bind(target);
      return async (statements: D1PreparedStatement[]) => {
        if (++batches === SECOND_PORTION) changed = await patchItem(env.DB, 'bulk-0', { title: 'Changed elsewhere' });
        return target.batch(statements);
      };
    },
  });
  const ctx = createExecutionContext();
  const request = new Request('http://edge/v1/items', {
    method: 'POST',
    headers: { authorization: 'Bearer test-admin', 'content-type': 'application/json' },
    body: JSON.stringify({ items }),
  });
  const response = await app.fetch(request, { ...env, DB }, ctx);
  expect(await response.json()).toEqual({ stored: 500 });
  await waitOnExecutionContext(ctx);
  // The last records the publication.
  expect(batches).toBe(SECOND_PORTION + 1);
  expect(changed).toBeDefined();
  expect(isolate.catalogue.get('bulk-0')!.title).toBe('Game 0');
  await isolate.catalogue.refresh(env.DB);
  expect(isolate.catalogue.get('bulk-0')!.title).toBe('Changed elsewhere');
  expect(isolate.catalogue.size).toBe(500);
});
