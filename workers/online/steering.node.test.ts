// The handlers of rules, preferences, merges and subscriptions as plain functions: no HTTP, no storage.

import { expect, test, vi } from 'vitest';
import { EMPTY_PREFERENCES } from '../../models/contracts/preferences.ts';
import { fail } from '../../models/contracts/result.ts';
import { RULES_MAX, type Rule, RuleInput } from '../../models/contracts/rule.ts';
import type { Subscription } from '../../models/contracts/subscription.ts';
import { makeKeyCaller } from '../../tests/caller.ts';
import type { Caller } from './caller.ts';
import { postMerge } from './merge.ts';
import { getPreferences, putPreferences } from './preferences.ts';
import { deleteRule, getRule, getRules, postRule, putRule } from './rules.ts';
import { deleteSubscription, postSubscription } from './subscriptions.ts';

const body = RuleInput.parse({ action: 'pin', match: { itemIds: ['a'] } });
const params = { userId: 'ann' };
const ADMIN: Caller = makeKeyCaller(['admin']);

test('a new rule gets its own id; one rule too many is a conflict', async () => {
  const rules: Rule[] = [];
  const store = { putRule: async (rule: Rule) => rules.push(rule) <= 2 };
  const created = await postRule({ body }, store);
  expect(await putRule({ params: { ruleId: 'sale' }, body }, store)).toEqual({ ruleId: 'sale', ...body });
  expect(rules).toEqual([created, { ruleId: 'sale', ...body }]);
  await expect(postRule({ body }, store)).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining(String(RULES_MAX)),
  });
});

test('`inForce` depends on a rule’s times only, not on its audience', async () => {
  const rules: Rule[] = [
    { ruleId: 'swiss', ...body, audience: { countries: ['CH'] } },
    { ruleId: 'over', ...body, endsAt: '2020-01-01T00:00:00Z' },
  ];
  const store = { listRules: async () => rules, deleteRule: async () => false };
  expect((await getRules({}, store)).rules.map(({ inForce }) => inForce)).toEqual([true, false]);
  expect(await getRule({ params: { ruleId: 'over' } }, store)).toBe(rules[1]);
  for (const answer of [getRule({ params: { ruleId: 'x' } }, store), deleteRule({ params: { ruleId: 'x' } }, store)])
    await expect(answer).rejects.toMatchObject({ kind: 'not-found' });
});

test('preferences are refused for a merged guest, and unavailable while the object is down', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {});
  const kept: unknown[] = [];
  const input = { params, query: { changeId: 'change-1' }, body: EMPTY_PREFERENCES };
  const store = {
    writePreferences: async (...written: unknown[]) => kept.push(written) === 1,
    readPreferences: () => Promise.reject(new Error('overloaded')),
  };
  expect(await putPreferences(input, store)).toBe(EMPTY_PREFERENCES);
  expect(kept).toEqual([['ann', EMPTY_PREFERENCES, 'change-1']]);
  await expect(putPreferences(input, store)).rejects.toMatchObject({ kind: 'conflict' });
  await expect(getPreferences({ params }, store)).rejects.toMatchObject({ kind: 'unavailable' });
  expect(log.mock.calls.flat().join()).toContain('overloaded');
  log.mockRestore();
});

test('a guest becomes only one player, and nothing moves unless that player has claimed it', async () => {
  const moved: string[] = [];
  let isBeingErased = false;
  const steps = (claimed: string | undefined) => ({
    verifyToken: async () => fail('not asked'),
    claim: async () => claimed,
    isBeingErased: async () => isBeingErased,
    copySignals: async (guestId: string, userId: string) => void moved.push(`${guestId} → ${userId}`),
  });
  const merge = (from: string, claimed: string | undefined) =>
    postMerge({ params, body: { from }, caller: ADMIN }, steps(claimed));
  await expect(merge('ann', 'ann')).rejects.toMatchObject({ kind: 'invalid-input', errors: [{ path: 'from' }] });
  await expect(merge('guest', undefined)).rejects.toMatchObject({ kind: 'conflict' });
  await expect(merge('guest', 'bob')).rejects.toMatchObject({ kind: 'conflict' });
  isBeingErased = true;
  await expect(merge('guest', 'ann')).rejects.toMatchObject({
    kind: 'conflict',
    message: expect.stringContaining('being erased'),
  });
  expect(moved).toEqual([]);
  isBeingErased = false;
  expect(await merge('guest', 'ann')).toEqual({ merged: 'guest' });
  expect(moved).toEqual(['guest → ann']);
});

test('a webhook may target this machine only if allowed, and gets its own secret', async () => {
  const kept: [Subscription, string][] = [];
  const store = (allowsLoopback: boolean) => ({
    allowsLoopback,
    insertSubscription: async (...entry: [Subscription, string]) => kept.push(entry) <= 1,
    deleteSubscription: async () => false,
  });
  const input = { body: { url: 'http://localhost:9000/hook', events: ['job.failed' as const] } };
  await expect(postSubscription(input, store(false))).rejects.toMatchObject({ errors: [{ path: 'url' }] });
  const { secret, ...created } = await postSubscription(input, store(true));
  expect(kept).toEqual([[created, secret]]);
  await expect(postSubscription(input, store(true))).rejects.toMatchObject({ kind: 'conflict' });
  await expect(deleteSubscription({ params: { subscriptionId: 'x' } }, store(true))).rejects.toMatchObject({
    kind: 'not-found',
  });
});
