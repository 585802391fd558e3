// Serving far from D1 and R2: what a request waits for when they never answer, and how changes spread.

import { env } from 'cloudflare:workers';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { RuleInput } from '../../models/contracts/rule.ts';
import { makeEvent } from '../../tests/event.ts';
import { HANGING_STORES } from '../../tests/failing-stores.ts';
import { publishFake } from '../../tests/fake-release.ts';
import { makeItem } from '../../tests/item.ts';
import { forgetHere, publishHere } from '../../tests/publish-here.ts';
import { patchItem, putItems } from '../storage/items.ts';
import { publishState } from '../storage/publish-state.ts';
import { readPublishedState, STATE_KEY } from '../storage/published-state.ts';
import { shareAtLocation } from '../storage/read-state.ts';
import { deleteRule, putRule } from '../storage/rules.ts';
import { Budget } from './budget.ts';
import { Isolate } from './isolate.ts';
import { answerGallery } from './ladder.ts';

const itemIds = Array.from({ length: 200 }, (_, index) => `g${index}`);

beforeAll(async () => {
  await putItems(
    env.DB,
    itemIds.map((itemId) => makeItem(itemId)),
  );
  await publishFake(env.BUCKET, 'good', { itemIds, shift: 0 });
  await env.USER_SIGNALS.getByName('ann').record([makeEvent('ann', 'like', 'g3', Date.now())]);
  await publishHere(env);
});

/** Stores of which no call ever answers, and the number of calls. */
function hangStores() {
  const calls = { DB: 0, BUCKET: 0 };
  const hang = (name: 'DB' | 'BUCKET') => () => {
    calls[name]++;
    return new Promise<never>(() => {});
  };
  const statement: object = new Proxy({}, { get: (_, name) => (name === 'bind' ? () => statement : hang('DB')) });
  const DB = new Proxy({}, { get: (_, name) => (name === 'prepare' ? () => statement : hang('DB')) }) as D1Database;
  const BUCKET = new Proxy({}, { get: () => hang('BUCKET') }) as R2Bucket;
  return { calls, stores: { DB, LOG_0: DB, BUCKET } };
}
function open(isolate = new Isolate()) {
  const behind: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => void behind.push(work.catch(() => {}));
  const ask = async (stores: Partial<Env> = {}, deadlineMs = 5_000) => {
    const { answer, rows } = await answerGallery(
      {
        env: { ...env, ...stores } as Env,
        userId: 'ann',
        context: EMPTY_CONTEXT,
        budget: new Budget(deadlineMs),
        isolate,
        waitUntil,
      },
      12,
    );
    return { ...answer, shown: rows.flatMap((row) => row.items.map(({ itemId }) => itemId)) };
  };
  /** Work behind answers may begin more of it. */
  const settle = async () => {
    for (const work of behind) await work;
    behind.length = 0;
  };
  return { ask, isolate, settle, waitUntil };
}
async function openWarm() {
  const opened = open();
  await expect.poll(async () => (await opened.ask({}, 2_000)).release).toBe('good');
  await opened.settle();
  return opened;
}
/** Moves the clock of all isolates; it stands still between. */
function elapse(ms: number) {
  vi.setSystemTime(Date.now() + ms);
  onTestFinished(() => void vi.useRealTimers());
}
const exclude = async (itemId: string) =>
  putRule(env.DB, { ruleId: itemId, ...RuleInput.parse({ action: 'exclude', match: { itemIds: [itemId] } }) }, 500, 1);

it('waits for neither D1 nor R2 in a warm isolate: what is due is read behind the answer', async () => {
  // On a slow machine, too, the state is young when the isolate is warm.
  elapse(0);
  await publishHere(env);
  const { ask } = await openWarm();
  const { calls, stores } = hangStores();
  for (const afterMs of [5_000, 7_000, 5_000, 5_000]) {
    elapse(afterMs);
    expect(await ask(stores), `${afterMs}`).toMatchObject({ tier: 'online', release: 'good', degraded: [] });
  }
  // It has tried: with the second answer, and no other while that attempt lasts.
  expect(calls).toEqual({ DB: 0, BUCKET: 1 });
});

it('answers from a cold isolate with what its location has, although D1 and R2 never answer', async () => {
  await openWarm();
  const { calls, stores } = hangStores();
  const { ask, settle } = open();
  const first = await ask(stores);
  expect(first.shown.length).toBeGreaterThan(20);
  expect(first.degraded.filter(({ step }) => step !== 'release')).toEqual([]);
  await settle();
  expect(await ask(stores)).toMatchObject({ tier: 'online', release: 'good', degraded: [] });
  expect(calls).toEqual({ DB: 0, BUCKET: 0 });
});

it('does not wait for files that a new state names', async () => {
  const { ask, isolate } = await openWarm();
  await patchItem(env.DB, 'g5', { hidden: true });
  await publishState(env, Date.now());
  elapse(11_000);
  // The state can be read, and the files cannot.
  const BUCKET = new Proxy(env.BUCKET, {
    get: (bucket, name) => (key: string) =>
      key === STATE_KEY ? Reflect.get(bucket, name).call(bucket, key) : new Promise(() => {}),
  });
  const { version } = isolate.state.peek().value!;
  await ask({ BUCKET });
  await expect.poll(() => isolate.state.peek().value!.version).toBeGreaterThan(version);
  expect(await ask({ BUCKET })).toMatchObject({ tier: 'online', degraded: [] });
  // The reading that hangs is given up.
  elapse(31_000);
  await expect.poll(async () => (await ask()).shown).not.toContain('g5');
});

it('reads the state again after a quiet time, before an answer, and says so if that takes too long', async () => {
  const { ask } = await openWarm();
  const { ask: askSlow } = await openWarm();
  await exclude('g7');
  await patchItem(env.DB, 'g9', { hidden: true });
  const { stores } = hangStores();
  elapse(25_000);
  await publishState(env, Date.now());
  expect((await askSlow(stores, 1_000)).degraded).toContainEqual({ step: 'rules', reason: 'no answer within 600 ms' });
  const { shown } = await ask();
  for (const gone of ['g7', 'g9']) expect(shown).not.toContain(gone);
  await deleteRule(env.DB, 'g7');
  await publishHere(env);
});

it('applies a change at once here, and publishes it later, if R2 fails', async () => {
  const here = await openWarm();
  const elsewhere = await openWarm();
  let isDown = true;
  const BUCKET = new Proxy(env.BUCKET, {
    get:
      (bucket, name) =>
      (...args: unknown[]) => {
        if (isDown && name === 'put') throw new Error('R2 is down');
        return Reflect.get(bucket, name).apply(bucket, args);
      },
  });
  vi.spyOn(console, 'error').mockImplementation(() => {});
  // Published before, but not seen here yet: newer than this isolate's state, older than its change.
  await exclude('g29');
  await publishState(env, Date.now());
  await exclude('g11');
  await here.isolate.state.publish({ ...env, BUCKET }, Date.now(), here.waitUntil);
  expect(here.isolate.state.hasUnpublished).toBe(true);
  expect((await here.ask()).shown).not.toContain('g11');
  expect((await readPublishedState(env.BUCKET))!.rules).toHaveLength(1);
  // What is published is older than the change, even if it is read again.
  elapse(11_000);
  const { readAt } = here.isolate.state.peek().value!;
  await here.ask();
  await expect.poll(() => here.isolate.state.peek().value!.readAt).toBeGreaterThan(readAt);
  expect((await here.ask()).shown).not.toContain('g11');
  isDown = false;
  await here.settle();
  expect(here.isolate.state.hasUnpublished).toBe(false);
  expect((await readPublishedState(env.BUCKET))!.rules).toHaveLength(2);

  // As if this isolate were gone.
  await exclude('g13');
  await publishState(env, Date.now());
  await forgetHere();
  elapse(11_000);
  await elsewhere.ask();
  await elsewhere.settle();
  const { shown } = await elsewhere.ask();
  for (const gone of ['g11', 'g13']) expect(shown).not.toContain(gone);
  for (const ruleId of ['g11', 'g13', 'g29']) await deleteRule(env.DB, ruleId);
  await publishHere(env);
});

it('says that a change is unpublished only until it is published, by whomever', async () => {
  const here = await openWarm();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const BUCKET = new Proxy(env.BUCKET, {
    get: (bucket, name) => async (key: string) => {
      if (name === 'put') throw new Error('R2 is down');
      return Reflect.get(bucket, name).call(bucket, key);
    },
  });
  await exclude('g41');
  await here.isolate.state.publish({ ...env, BUCKET }, Date.now(), () => {});
  // Its own attempts are used up, or were cut off with their request; the cron publishes.
  await publishState(env, Date.now());
  expect(here.isolate.state.hasUnpublished).toBe(true);
  elapse(11_000);
  await here.ask();
  await here.settle();
  expect(here.isolate.state.hasUnpublished).toBe(false);
  await deleteRule(env.DB, 'g41');
  await publishHere(env);
});

it('publishes many changes of games at once, and hides a game everywhere', async () => {
  const here = await openWarm();
  const elsewhere = await openWarm();
  const reads = vi.spyOn(env.BUCKET, 'get');
  for (const itemId of ['g17', 'g19', 'g23'])
    here.isolate.applyChange(env, (await patchItem(env.DB, itemId, { hidden: true }))!, here.waitUntil);
  expect((await here.ask()).shown).not.toContain('g17');
  await here.settle();
  // A publication begins with reading the state.
  const publications = reads.mock.calls.filter(([key]) => key === STATE_KEY).length;
  expect([1, 2]).toContain(publications);
  reads.mockRestore();
  elapse(11_000);
  const { stores, calls } = hangStores();
  await elsewhere.ask({ DB: stores.DB });
  await elsewhere.settle();
  const { shown } = await elsewhere.ask({ DB: stores.DB });
  for (const gone of ['g17', 'g19', 'g23']) expect(shown).not.toContain(gone);
  expect(calls.DB).toBe(0);
});

it('takes an old state of its location although D1 and R2 never answer', async () => {
  await openWarm();
  elapse(600_000);
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: Date.now() });
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const { isolate, waitUntil } = open();
  void isolate.state.get({ ...env, ...HANGING_STORES }, Date.now(), waitUntil);
  await expect
    .poll(async () => {
      await vi.advanceTimersByTimeAsync(1_000);
      return isolate.state.peek().value;
    })
    .toMatchObject({ bucketFailure: 'no answer within 3000 ms' });
});

it('does not wait for D1 and R2, which never answer, to publish a change', async () => {
  const { isolate, waitUntil } = await openWarm();
  vi.spyOn(console, 'warn').mockImplementation(() => {});
  vi.spyOn(console, 'error').mockImplementation(() => {});
  await isolate.state.publish({ ...env, ...HANGING_STORES }, Date.now(), waitUntil, 10);
  expect(isolate.state.hasUnpublished).toBe(true);
});

it('keeps a change made here although a request reads the state meanwhile', async () => {
  const { ask, isolate, waitUntil } = await openWarm();
  await exclude('g31');
  elapse(11_000);
  // Another isolate here has just read the state as it was.
  await shareAtLocation((await readPublishedState(env.BUCKET))!, Date.now());
  let goOn = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const BUCKET = new Proxy(env.BUCKET, {
    get:
      (bucket, name) =>
      async (key: string, ...rest: unknown[]) => {
        if (name === 'put' && key === STATE_KEY) await held;
        return Reflect.get(bucket, name).call(bucket, key, ...rest);
      },
  });
  const publishing = isolate.state.publish({ ...env, BUCKET }, Date.now(), waitUntil);
  const { readAt } = isolate.state.peek().value!;
  await ask();
  await expect.poll(() => isolate.state.peek().value!.readAt).toBeGreaterThan(readAt);
  goOn();
  await publishing;
  expect(isolate.state.peek().value!.parts.rules.map(({ ruleId }) => ruleId)).toEqual(['g31']);
  await deleteRule(env.DB, 'g31');
  await publishHere(env);
});

it('does not let a slow publication bring back a rule that was deleted elsewhere', async () => {
  const here = await openWarm();
  const elsewhere = await openWarm();
  const held = Promise.withResolvers<void>();
  const putting = Promise.withResolvers<void>();
  const BUCKET = new Proxy(env.BUCKET, {
    get:
      (bucket, name) =>
      async (key: string, ...rest: unknown[]) => {
        if (name === 'put' && key === STATE_KEY) {
          putting.resolve();
          await held.promise;
        }
        return Reflect.get(bucket, name).call(bucket, key, ...rest);
      },
  });
  await exclude('g37');
  const slow = here.isolate.state.publish({ ...env, BUCKET }, Date.now(), here.waitUntil);
  await putting.promise;
  await deleteRule(env.DB, 'g37');
  await elsewhere.isolate.state.publish(env, Date.now(), elsewhere.waitUntil);
  held.resolve();
  await slow;
  await here.settle();
  expect((await readPublishedState(env.BUCKET))!.rules).toEqual([]);
  expect(here.isolate.state.peek().value!.parts.rules).toEqual([]);
});

it('follows what is published although its own copy of D1 is newer than the publication’s clock', async () => {
  const { ask, isolate, settle } = await openWarm();
  vi.spyOn(console, 'error').mockImplementation(() => {});
  const BUCKET = new Proxy(env.BUCKET, {
    get: () => async () => {
      throw new Error('R2 is down');
    },
  });
  await forgetHere();
  elapse(11_000);
  const { readAt } = isolate.state.peek().value!;
  await ask({ BUCKET });
  await expect.poll(() => isolate.state.peek().value!.readAt).toBeGreaterThan(readAt);
  await exclude('g33');
  // A publication that began earlier, or a clock that is slow.
  await publishState(env, Date.now() - 5_000);
  elapse(11_000);
  await ask();
  await settle();
  expect(isolate.state.peek().value!.parts.rules.map(({ ruleId }) => ruleId)).toEqual(['g33']);
  await deleteRule(env.DB, 'g33');
  await publishHere(env);
});
