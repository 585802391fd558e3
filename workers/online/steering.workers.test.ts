// Rules, preferences and merges through the API: what steers a gallery besides events.

import { evictDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { beforeAll, expect, it } from 'vitest';
import type { Gallery, Recommendations } from '../../models/contracts/gallery.ts';
import { EMPTY_PREFERENCES, type Preferences } from '../../models/contracts/preferences.ts';
import type { Problem } from '../../models/contracts/problem.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import { mergedEventId } from '../../models/features/signals.ts';
import { endAllMerges } from '../../tests/merge.ts';
import { runAlarm } from '../../tests/run-alarm.ts';

type Answer = Problem &
  Gallery &
  Recommendations &
  Preferences &
  Rule & { rules: (Rule & { inForce: boolean })[]; owned: string[]; history: { itemId: string }[] };

async function call(method: string, path: string, body?: object, key = 'test-admin') {
  const response = await exports.default.fetch(`http://edge${path}`, {
    method,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: (text === '' ? {} : JSON.parse(text)) as Answer, headers: response.headers };
}
const send = (...events: object[]) => call('POST', '/v1/events', { events });
const ids = (items: readonly { itemId: string }[]) => items.map(({ itemId }) => itemId);
const picks = async (query = '') =>
  ids((await call('GET', `/v1/users/somebody/recommendations?n=8${query}`)).body.items);

beforeAll(async () => {
  const items = Array.from({ length: 40 }, (_, index) => ({
    itemId: `g${index}`,
    title: `${index} Miles of Road`,
    genres: [index % 2 === 0 ? 'Strategy' : 'Racing'],
    developer: index < 4 ? 'Known' : null,
    releaseDate: `2025-01-${String((index % 28) + 1).padStart(2, '0')}`,
    ageRating: index % 2 === 0 ? 6 : 18,
  }));
  expect((await call('POST', '/v1/items', { items })).status).toBe(200);
});

it('stores rules; each applies from the next request until it is deleted', async () => {
  const created = await call('POST', '/v1/rules', { action: 'pin', match: { itemIds: ['g33'] }, reason: 'sale' });
  expect(created.status).toBe(201);
  expect(created.headers.get('location')).toBe(`/v1/rules/${created.body.ruleId}`);
  expect((await picks())[0]).toBe('g33');

  const swiss = { action: 'exclude', match: { itemIds: ['g33'] }, audience: { countries: ['CH'] } };
  expect((await call('PUT', '/v1/rules/not-in-ch', swiss)).body).toMatchObject({ ruleId: 'not-in-ch', factor: 2 });
  expect(await picks('&country=CH')).not.toContain('g33');
  expect((await picks('&country=FR'))[0]).toBe('g33');
  const { explain } = (await call('GET', '/v1/users/somebody/recommendations?country=CH&explain=g33')).body;
  expect(explain![0]!.why).toBe('excluded by the rule not-in-ch');

  const over = { action: 'pin', match: { itemIds: ['g7'] }, endsAt: '2026-01-01T00:00:00Z' };
  await call('PUT', '/v1/rules/over', over);
  const listed = (await call('GET', '/v1/rules')).body.rules;
  expect(listed.map(({ inForce }) => inForce)).toEqual([true, true, false]);
  expect(await picks()).not.toContain('g7');

  for (const { ruleId } of listed) expect((await call('DELETE', `/v1/rules/${ruleId}`)).status).toBe(204);
  expect((await call('DELETE', '/v1/rules/over')).status).toBe(404);
  expect((await call('GET', '/v1/rules/over')).status).toBe(404);
  expect(await picks()).not.toContain('g33');
});

it('refuses empty and misspelt rules, and keys without their scope', async () => {
  expect((await call('POST', '/v1/rules', { action: 'pin', match: {} })).body.errors![0]!.path).toBe('match');
  expect((await call('POST', '/v1/rules', { action: 'promote', match: { itemIds: ['a'] } })).status).toBe(400);
  const turned = {
    action: 'pin',
    match: { itemIds: ['a'] },
    startsAt: '2026-02-01T00:00:00Z',
    endsAt: '2026-01-01T00:00:00Z',
  };
  expect((await call('POST', '/v1/rules', turned)).body.errors![0]!.path).toBe('endsAt');
  // Ignoring a misspelt condition would apply the rule to everybody.
  const misspelt = { action: 'exclude', match: { itemIds: ['g33'] }, audience: { country: ['CH'] } };
  expect((await call('PUT', '/v1/rules/misspelt', misspelt)).body).toMatchObject({
    status: 400,
    errors: [{ path: 'audience', message: expect.stringContaining('country') }],
  });
  const later = { action: 'pin', match: { itemIds: ['g33'] }, starts: '2030-01-01T00:00:00Z' };
  expect((await call('POST', '/v1/rules', later)).status).toBe(400);
  expect((await call('PUT', '/v1/users/ann/preferences', { mutedGenre: ['Racing'] })).status).toBe(400);
  expect((await call('PATCH', '/v1/items/g1', { titel: 'x' })).status).toBe(400);
  expect((await call('PUT', '/v1/items/g1', { title: 'x', agerating: 18 })).status).toBe(400);
  // A rule can be put back as it was read, but not under another id.
  const item = { itemId: 'put-back', title: 'Put back' };
  expect((await call('PUT', '/v1/items/put-back', item)).status).toBe(200);
  expect((await call('PUT', '/v1/items/another', item)).status).toBe(400);
  const rule = { ruleId: 'put-back', action: 'bury', match: { itemIds: ['put-back'] } };
  expect((await call('PUT', '/v1/rules/put-back', rule)).status).toBe(200);
  expect((await call('PUT', '/v1/rules/another', rule)).status).toBe(400);
  await call('DELETE', '/v1/rules/put-back');
  expect((await call('GET', '/v1/rules', undefined, 'test-ingest')).status).toBe(403);
  expect((await call('PUT', '/v1/users/ann/preferences', {}, 'test-read')).status).toBe(403);
  expect((await call('POST', '/v1/users/ann/merge', { from: 'x' }, 'test-read')).status).toBe(403);
});

it('composes a cold-start user’s page from their picks; preferences survive eviction and are in D1', async () => {
  const preferences = { genres: ['Racing'], mutedTags: ['Horror'], ageLimit: null };
  expect((await call('PUT', '/v1/users/new-player/preferences', preferences, 'test-ingest')).status).toBe(200);
  const { rows } = (await call('GET', '/v1/users/new-player/gallery')).body;
  expect(rows[0]!.title).toBe('Top picks for you');
  expect(rows.map(({ id }) => id)).toContain('genre-Racing');

  await evictDurableObject(env.USER_SIGNALS.getByName('new-player'));
  const kept = (await call('GET', '/v1/users/new-player/preferences', undefined, 'test-read')).body;
  expect(kept).toEqual({ ...EMPTY_PREFERENCES, ...preferences });
  const copy = await env.DB.prepare("select preferences from users where user_id = 'new-player'").first<string>(
    'preferences',
  );
  expect(JSON.parse(copy!)).toEqual(kept);

  const inverted = { releasedFrom: '2026-01-01', releasedUntil: '2020-01-01' };
  expect((await call('PUT', '/v1/users/new-player/preferences', inverted)).body).toMatchObject({
    status: 400,
    errors: [{ path: 'releasedUntil' }],
  });
  expect((await call('PUT', '/v1/users/new-player/preferences', { popularity: 2 })).body.errors![0]!.path).toBe(
    'popularity',
  );
  // If the object loses its state, the copy in D1 is used.
  await env.DB.prepare('insert into users (user_id, last_event_at, preferences) values (?1, 0, ?2)')
    .bind('restored', copy)
    .run();
  expect((await call('GET', '/v1/users/restored/preferences')).body.genres).toEqual(['Racing']);
});

it('hides adult games from a child, whichever side sets the limit', async () => {
  await call('PUT', '/v1/users/child/preferences', { ageLimit: 12 });
  for (const path of ['/v1/users/child/gallery', '/v1/users/somebody/gallery?ageLimit=12']) {
    const { rows } = (await call('GET', `${path}${path.includes('?') ? '&' : '?'}expand=item`)).body;
    const items = rows.flatMap((row) => row.items);
    expect(items.length).toBeGreaterThan(10);
    for (const { item } of items) expect(item!.ageRating).toBe(6);
  }
  for (const list of ['popular', 'new', 'g2/similar'])
    for (const { item } of (await call('GET', `/v1/items/${list}?ageLimit=12&expand=item`)).body.items)
      expect(item!.ageRating).toBe(6);
});

it('merges a guest’s signals into the player’s once, even if repeated, including events under way', async () => {
  await call('PUT', '/v1/users/guest:1/preferences', { genres: ['Racing'] });
  // Both used the same event ids.
  await send(
    { id: '1', userId: 'guest:1', type: 'purchase', itemId: 'g1' },
    { id: '2', userId: 'guest:1', type: 'like', itemId: 'g3' },
  );
  await send({ id: '1', userId: 'player', type: 'purchase', itemId: 'g2' });
  const logOf = async (userId: string) =>
    (await env.DB.prepare('select id from events where user_id = ?1').bind(userId).all<{ id: string }>()).results
      .length;
  await expect.poll(() => logOf('guest:1')).toBe(2);

  for (let time = 0; time < 2; time++)
    expect(await call('POST', '/v1/users/player/merge', { from: 'guest:1' }, 'test-ingest')).toMatchObject({
      status: 200,
    });
  const check = async (games = ['g1', 'g2']) => {
    const { owned, history, preferences } = (await call('GET', '/v1/users/player/signals')).body as Answer & {
      preferences: Preferences;
    };
    expect(owned.toSorted()).toEqual(games);
    expect(ids(history).toSorted()).toEqual([...games, 'g3'].toSorted());
    expect(preferences.genres).toEqual(['Racing']);
  };
  await check();
  await evictDurableObject(env.USER_SIGNALS.getByName('player'));
  await evictDurableObject(env.USER_SIGNALS.getByName('guest:1'));
  await check();
  expect((await call('GET', '/v1/users/guest:1/signals')).body).toMatchObject({ owned: [], history: [] });

  // Sent by a client that does not know of the merge yet.
  await send({ id: '3', userId: 'guest:1', type: 'purchase', itemId: 'g5' });
  expect((await call('GET', '/v1/users/player/signals')).body.owned).toContain('g5');
  await expect.poll(() => logOf('guest:1')).toBe(3);
  // Once the merge is finished, the log is the player's.
  await runAlarm(env.USER_SIGNALS.getByName('guest:1'));
  await endAllMerges(env);
  expect(await logOf('guest:1')).toBe(0);
  const owner = env.DB.prepare('select user_id from events where id = ?1').bind(mergedEventId('guest:1', '3'));
  expect(await owner.first('user_id')).toBe('player');
  await check(['g1', 'g2', 'g5']);
});

it('refuses to merge a player with itself, a guest with two players, and into a merged guest', async () => {
  expect((await call('POST', '/v1/users/one/merge', { from: 'one' })).body.errors![0]!.path).toBe('from');
  expect((await call('POST', '/v1/users/one/merge', { from: 'visitor' })).status).toBe(200);
  expect((await call('POST', '/v1/users/two/merge', { from: 'visitor' })).status).toBe(409);
  expect((await call('POST', '/v1/users/visitor/merge', { from: 'two' })).status).toBe(409);
  expect((await call('PUT', '/v1/users/visitor/preferences', {})).status).toBe(409);
});
