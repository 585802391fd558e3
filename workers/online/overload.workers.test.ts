import { createExecutionContext, env, waitOnExecutionContext } from 'cloudflare:test';
import { exports } from 'cloudflare:workers';
import { beforeAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import { type Admission, answers, INGESTS_MAX, ingests, SLOW_BODIES_MAX, type Slot } from './admission.ts';
import { app } from './app.ts';
import { BODY_WAIT_MS } from './body.ts';
import { signToken } from './player-token.ts';

const PLAYER = 'owner';
const OWNED = 'game-1';
const ADULT = 'game-5';
const UNLIMITED = { ...env, ADDRESS_REQUESTS_PER_MINUTE: 'unlimited' };

interface Options {
  body?: object | ReadableStream;
  bearer?: string;
}

async function call(method: string, path: string, { body, bearer = 'test-admin' }: Options = {}): Promise<Response> {
  const ctx = createExecutionContext();
  const response = await app.fetch(
    new Request(`http://edge${path}`, {
      method,
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      ...(body && { body: body instanceof ReadableStream ? body : JSON.stringify(body) }),
    }),
    UNLIMITED,
    ctx,
  );
  const text = await response.text();
  await waitOnExecutionContext(ctx);
  return new Response(text === '' ? null : text, response);
}
const read = async <T>(response: Response) => (await response.json()) as T;
/** Long enough for a busy machine. */
const readGallery = async (userId: string) =>
  read<Gallery>(await call('GET', `/v1/users/${userId}/gallery?deadlineMs=5000`));
const listShown = ({ rows }: Gallery) => rows.flatMap(({ items }) => items.map(({ itemId }) => itemId));
const listSteps = ({ degraded }: Pick<Gallery, 'degraded'>) => degraded.map(({ step }) => step);

/** Takes all slots until the test ends, or until the function that it returns is called. */
function fill(admission: Admission): () => void {
  const slots: Slot[] = [];
  for (let slot = admission.enter(Date.now()); slot !== undefined; slot = admission.enter(Date.now())) slots.push(slot);
  const leave = () => {
    for (const slot of slots) slot.leave();
  };
  onTestFinished(leave);
  return leave;
}

/** A body that never ends, and how often the reader asked for more of it. */
function openEndlessBody() {
  const counted = { pulls: 0 };
  const body = new ReadableStream(
    {
      pull(controller) {
        counted.pulls++;
        if (counted.pulls === 1) controller.enqueue(new TextEncoder().encode('{"events":['));
      },
    },
    { highWaterMark: 0 },
  );
  return { body, counted };
}

const click = (userId: string, id: string) => ({ id, userId, type: 'click', itemId: 'game-2' });

let alerts: ReturnType<typeof vi.spyOn>;
beforeEach(() => {
  alerts = vi.spyOn(console, 'error').mockImplementation(() => {});
  onTestFinished(() => alerts.mockRestore());
});

beforeAll(async () => {
  const items = Array.from({ length: 20 }, (_, index) => ({
    itemId: `game-${index}`,
    title: `Game ${index}`,
    genres: ['Puzzle'],
    ageRating: `game-${index}` === ADULT ? 18 : 6,
  }));
  expect((await call('POST', '/v1/items', { body: { items } })).status).toBe(200);
  const purchase = { id: 'p', userId: PLAYER, type: 'purchase', itemId: OWNED };
  expect((await call('POST', '/v1/events', { body: { events: [purchase] } })).status).toBe(202);
});

it('refuses a request with a body before it reads it, on every route that takes one', async () => {
  const document = await read<{ paths: Record<string, Record<string, { requestBody?: object }>> }>(
    await call('GET', '/openapi.json'),
  );
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, { requestBody }]) => (requestBody ? [{ method, path }] : [])),
  );
  expect(routes.length).toBeGreaterThan(10);
  const leave = fill(ingests);
  for (const { method, path } of routes) {
    const { body, counted } = openEndlessBody();
    const response = await call(method.toUpperCase(), path.replace(/\{\w+\}/g, 'x'), { body });
    expect([response.status, response.headers.get('retry-after')], path).toEqual([503, '1']);
    expect((await read<Problem>(response)).type).toBe('/docs#problem-overloaded');
    expect(counted.pulls, path).toBe(0);
  }
  expect(alerts).not.toHaveBeenCalled();
  leave();
  expect((await call('POST', '/v1/events', { body: { events: [click('ann', '1')] } })).status).toBe(202);
});

it('answers from a cheaper rung, and says so, without what the player must not see', async () => {
  const calm = await readGallery(PLAYER);
  expect([listSteps(calm).includes('overload'), listShown(calm).includes(OWNED)]).toEqual([false, false]);
  const leave = fill(answers);

  const known = await readGallery(PLAYER);
  expect([known.tier, listSteps(known)]).toEqual(['statistics', ['overload']]);
  expect(listShown(known).length).toBeGreaterThan(5);
  expect(listShown(known)).not.toContain(OWNED);
  const unknown = await readGallery('never-seen');
  expect(listSteps(unknown)).toEqual(['overload', 'safety']);
  expect(listShown(unknown)).toContain(OWNED);
  expect(listShown(unknown)).not.toContain(ADULT);

  const path = `/v1/users/${PLAYER}/recommendations?deadlineMs=5000&n=5`;
  const picks = await read<Recommendations>(await call('GET', path));
  expect([picks.tier, listSteps(picks), picks.items.length]).toEqual(['statistics', ['overload'], 5]);
  expect(picks.items.map(({ itemId }) => itemId)).not.toContain(OWNED);

  // Short rows never had many games; an empty answer means that the filters leave none.
  const all = Array.from({ length: 20 }, (_, index) => `game-${index}`).join(',');
  for (const list of ['gallery', 'recommendations']) {
    const empty = await call('GET', `/v1/users/${PLAYER}/${list}?deadlineMs=5000&exclude=${all}`);
    expect(listSteps(await read(empty))).toEqual(['overload', 'filters']);
  }

  // Events that come with the request are stored all the same.
  const events = [click(PLAYER, 'with-gallery')];
  const posted = await call('POST', `/v1/users/${PLAYER}/gallery?deadlineMs=5000`, { body: { events } });
  const { results, gallery } = await read<{ results: { status: string }[]; gallery: Gallery }>(posted);
  expect([results[0]!.status, listSteps(gallery)]).toEqual(['accepted', ['overload']]);

  // A rule applies at once, although the rows were composed before.
  const excluded = listShown(known)[0]!;
  const rule = { action: 'exclude', match: { itemIds: [excluded] } };
  expect((await call('PUT', '/v1/rules/excluded', { body: rule })).status).toBe(200);
  expect(listShown(await readGallery(PLAYER))).not.toContain(excluded);
  expect((await call('DELETE', '/v1/rules/excluded')).status).toBe(204);

  leave();
  expect(listSteps(await readGallery(PLAYER))).not.toContain('overload');
});

it('asks no object and no database for an answer that it sheds', async () => {
  const asked = vi.spyOn(env.USER_SIGNALS, 'getByName');
  await readGallery(PLAYER);
  expect(asked).toHaveBeenCalledTimes(1);
  asked.mockClear();
  fill(answers);
  const prepared = vi.spyOn(env.DB, 'prepare');
  for (let n = 0; n < 50; n++) await readGallery(`shed-${n}`);
  expect(asked).not.toHaveBeenCalled();
  // The rules are read again each second, and answers are counted now and then.
  expect(prepared.mock.calls.length).toBeLessThan(50);
  asked.mockRestore();
  prepared.mockRestore();
});

it('loses nothing acknowledged of 200 galleries and 200 ingests at once, and is calm afterwards', async () => {
  const sent = Array.from({ length: 200 }, (_, index) => ({ userId: `burst-${index}`, id: `e${index}` }));
  const [galleries, ingested] = await Promise.all([
    Promise.all(sent.map(({ userId }) => call('GET', `/v1/users/${userId}/gallery`))),
    Promise.all(sent.map(({ userId, id }) => call('POST', '/v1/events', { body: { events: [click(userId, id)] } }))),
  ]);
  expect(new Set(galleries.map(({ status }) => status))).toEqual(new Set([200]));
  for (const gallery of galleries) expect(listShown(await read<Gallery>(gallery)).length).toBeGreaterThan(0);
  const acknowledged = sent.filter((_, index) => ingested[index]!.status === 202);
  const refused = ingested.filter(({ status }) => status === 503);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(refused.length).toBeGreaterThan(0);
  expect(acknowledged.length + refused.length).toBe(sent.length);
  expect(alerts.mock.calls.flat().join('\n')).not.toContain('request failed');
  for (const { userId, id } of acknowledged) {
    const events = [click(userId, id)];
    const { results } = await read<{ results: { status: string }[] }>(
      await call('POST', '/v1/events', { body: { events } }),
    );
    expect(results[0]!.status, userId).toBe('duplicate');
  }
  expect(listSteps(await readGallery(PLAYER))).not.toContain('overload');
  expect((await call('POST', '/v1/events', { body: { events: [click('bob', '1')] } })).status).toBe(202);
});

it('counts the deadline from the arrival of the request', async () => {
  await readGallery(PLAYER);
  // The limiter is asked for each request with a token.
  const { token } = (await signToken(PLAYER, 3_600, env, Date.now()))!;
  vi.spyOn(env.RATE_LIMITS, 'limit').mockImplementationOnce(async () => {
    const until = Date.now() + 25;
    while (Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 5));
    return { success: true };
  });
  const late = await read<Gallery>(await call('GET', '/v1/users/me/gallery?deadlineMs=20', { bearer: token }));
  expect([late.tier, listSteps(late)]).toEqual(['statistics', ['deadline']]);
  expect(listShown(late)).not.toContain(OWNED);
});

it('cuts a body that does not arrive in time', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const { body, counted } = openEndlessBody();
  const answered = call('POST', '/v1/events', { body });
  // The second read waits for ever.
  await expect.poll(() => counted.pulls).toBe(2);
  await vi.advanceTimersByTimeAsync(BODY_WAIT_MS);
  const response = await answered;
  expect([response.status, (await read<Problem>(response)).type]).toEqual([408, '/docs#problem-incomplete-body']);
  expect(alerts).not.toHaveBeenCalled();
});

/** Through the runtime, which lets no request act on another. */
async function post(body: string | ReadableStream) {
  const headers = { authorization: 'Bearer test-admin', 'content-type': 'application/json' };
  const response = await exports.default.fetch('http://edge/v1/events', { method: 'POST', headers, body });
  return { status: response.status, type: (await read<Partial<Problem>>(response)).type };
}
const quick = JSON.stringify({ events: [click('ann', 'quick')] });

it('gives the slot of a slow body to a new request before a second has passed', async () => {
  const start = Date.now();
  vi.useFakeTimers({ toFake: ['Date'], now: start });
  onTestFinished(() => void vi.useRealTimers());
  const bodies: ReadableStreamDefaultController[] = [];
  const answered = Array.from({ length: INGESTS_MAX }, () =>
    post(new ReadableStream({ start: (controller) => void bodies.push(controller) })),
  );
  await expect.poll(async () => (await post(quick)).status).toBe(503);
  const postLater = async () => {
    // A body counts as awaited once its caller is identified.
    vi.setSystemTime(Math.min(Date.now() + 100, start + 900));
    return (await post(quick)).status;
  };
  await expect.poll(postLater).toBe(202);
  for (const body of bodies) {
    body.enqueue(new TextEncoder().encode(quick));
    body.close();
  }
  expect((await Promise.all(answered)).map(({ status }) => status)).toEqual(Array(INGESTS_MAX).fill(202));
});

it('cuts the oldest of too many bodies that arrive slowly, and takes new requests', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const bodies: ReadableStreamDefaultController[] = [];
  const answered: object[] = [];
  const sendSlowly = () => {
    const body = new ReadableStream({ start: (controller) => void bodies.push(controller) });
    void post(body).then((answer) => answered.push(answer));
  };
  for (let sent = 0; sent <= SLOW_BODIES_MAX; sent += INGESTS_MAX) {
    for (let n = 0; n < INGESTS_MAX; n++) sendSlowly();
    // All slots are taken.
    await expect.poll(async () => (await post(quick)).status).toBe(503);
    expect(answered).toEqual([]);
    vi.setSystemTime(Date.now() + 1_000);
  }
  expect((await post(quick)).status).toBe(202);
  const cut = { status: 408, type: '/docs#problem-incomplete-body' };
  const count = bodies.length - SLOW_BODIES_MAX;
  await expect.poll(() => answered).toEqual(Array(count).fill(cut));
  expect(alerts).not.toHaveBeenCalled();
  // The others were only slow.
  for (const body of bodies.slice(count)) {
    body.enqueue(new TextEncoder().encode(quick));
    body.close();
  }
  await expect.poll(() => answered.slice(count)).toEqual(Array(SLOW_BODIES_MAX).fill({ status: 202 }));
});

it('raises no alert for a client that hangs up while it sends', async () => {
  const body = new ReadableStream({
    pull(controller) {
      controller.enqueue(new TextEncoder().encode('{"events":['));
      controller.error(new Error('Network connection lost.'));
    },
  });
  // A status that asks to send again: the client may be there still, behind a proxy that has died.
  expect((await call('POST', '/v1/events', { body })).status).toBe(408);
  expect(alerts).not.toHaveBeenCalled();
});
