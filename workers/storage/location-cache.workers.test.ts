// The cache of a location: whose entries a Worker finds there.

import { env } from 'cloudflare:workers';
import { expect, it, vi } from 'vitest';
import { RuleInput } from '../../models/contracts/rule.ts';
import { publishHere } from '../../tests/publish-here.ts';
import { FollowedState } from '../serving/followed-state.ts';
import { publishState } from './publish-state.ts';
import { STATE_KEY } from './published-state.ts';
import { deleteRule, putRule } from './rules.ts';

it('does not find the state of another Worker of the same zone, nor lets it find its own', async () => {
  const read = async () => {
    const { value } = await new FollowedState(() => {}).get(env, Date.now(), () => {});
    return value!.parts.rules.map(({ ruleId }) => ruleId);
  };
  await publishState(env, Date.now());
  const put = vi.spyOn(caches.default, 'put');
  await publishHere(env);
  const [url] = put.mock.calls[0]!;
  put.mockRestore();
  // The one entry has the key and what only this Worker has: ids of its objects.
  expect(url).toBe(`https://bucket.invalid/${env.USER_SIGNALS.idFromName('location')}/${STATE_KEY}`);
  expect(await read()).toEqual([]);

  // As if the same code had read another store's state under its own name, a moment ago.
  const entry = (await caches.default.match(url as string))!;
  const foreign = { ...(await entry.json<object>()), rules: [{ ruleId: 'foreign' }] };
  for (const other of [STATE_KEY, `${'0'.repeat(64)}/${STATE_KEY}`])
    await caches.default.put(`https://bucket.invalid/${other}`, new Response(JSON.stringify(foreign), entry));
  expect(await read()).toEqual([]);

  // What its own isolates have read is found: R2 is not asked.
  await putRule(env.DB, { ruleId: 'own', ...RuleInput.parse({ action: 'pin', match: { itemIds: ['a'] } }) }, 500, 1);
  await publishHere(env);
  const get = vi.spyOn(env.BUCKET, 'get');
  expect(await read()).toEqual(['own']);
  expect(get).not.toHaveBeenCalled();
  get.mockRestore();
  await deleteRule(env.DB, 'own');
});
