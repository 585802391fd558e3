// A press on the page, in a real browser: shown at once, sent, kept and sent again.

import { expect, it } from 'vitest';
import type { EventInput } from '../models/contracts/event.ts';
import { actAndSee, describeInBrowser, poll, routeEvents, unrouteEvents } from './browser.ts';
import {
  callApi,
  firstCard,
  idOf,
  openFound,
  openSkipped,
  playerOf,
  readSignals,
  recordSent,
  reopen,
} from './presses.ts';

describeInBrowser('a press on the page', (newPage) => {
  it('has everything forgotten, after asking', async () => {
    const { page } = await openSkipped(newPage);
    await actAndSee(page, () => firstCard(page).getByRole('button', { name: /^Like/ }).click());
    const press = (name: string) =>
      page.getByRole('region', { name: 'Tune' }).getByRole('button', { name, exact: true }).click();
    await page.getByRole('button', { name: 'Tune the gallery' }).click();
    const sent = recordSent(page);
    await press('Forget what I did');
    await press('Keep it');
    await press('Forget what I did');
    expect(sent).toEqual([]);
    await actAndSee(page, () => press('Forget it'));
    expect(sent.map(({ type }) => type)).toEqual(['reset']);
    expect(await readSignals(page)).toMatchObject({ history: [], liked: [] });
  });

  it('shows its effect within a frame, before the server has answered', async () => {
    const { page } = await openSkipped(newPage);
    await routeEvents(page, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await route.continue();
    });
    const itemId = await idOf(page);
    const shown = await page.evaluate(`new Promise((resolve) => {
      const button = document.querySelector('[data-item="${itemId}"] [data-action="like"]');
      button.click();
      requestAnimationFrame(() => resolve([
        button.getAttribute('aria-pressed'),
        button.closest('[data-item]').dataset.pending,
        document.querySelector('.log li small')?.textContent,
      ]));
    })`);
    expect(shown).toEqual(['true', 'like', 'sending …']);
    await poll(() => page.locator('.log li').first().textContent()).toMatch(/Liked .*accepted · \d+ ms/);
  });

  it('is kept if made offline, and sent when the browser is online again or the page is reopened', async () => {
    const { page, itemId, heart } = await openFound(newPage);
    const log = page.locator('.log li').first();
    await page.context().setOffline(true);
    await heart.click();
    await poll(() => log.textContent()).toMatch(/Liked .*not sent yet, will be sent again/);
    expect(await page.getByRole('alert').textContent()).toContain('You are offline.');
    await page.context().setOffline(false);
    await poll(() => log.textContent()).toMatch(/Liked .*accepted/);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect((await readSignals(page)).liked).toEqual([itemId]);

    await routeEvents(page, (route) => route.abort());
    await heart.click();
    await poll(() => log.textContent()).toMatch(/No longer liked .*not sent yet/);
    await reopen(page, () => unrouteEvents(page));
    await poll(() => log.textContent()).toMatch(/No longer liked .*accepted/);
    expect((await readSignals(page)).liked).toEqual([]);
  });

  it.each([
    ['ahead', 600_000],
    ['behind', -600_000],
  ])('counts from the server’s clock where the player’s is %s', async (_, offByMs) => {
    const { page, itemId, heart } = await openFound(newPage);
    await page.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${offByMs}; }`);
    // By another device, which is right.
    const event = { id: crypto.randomUUID(), userId: playerOf(page), type: 'like', itemId };
    await callApi('POST', '/v1/events', { events: [event] });
    await page.reload();
    await poll(async () => (await heart.count()) && heart.getAttribute('aria-pressed')).toBe('true');
    const sent = recordSent(page);
    await actAndSee(page, () => heart.click());
    expect((await readSignals(page)).liked).toEqual([]);
    expect(sent.map(({ timestamp }) => timestamp)).toEqual([undefined]);

    const log = page.locator('.log li').first();
    await actAndSee(page, () => heart.click());
    await page.context().setOffline(true);
    const before = Date.now();
    await heart.click();
    await poll(() => log.textContent()).toMatch(/No longer liked .*not sent yet/);
    await page.context().setOffline(false);
    await poll(() => log.textContent()).toMatch(/No longer liked .*accepted/);
    expect((await readSignals(page)).liked).toEqual([]);
    const { timestamp } = sent.at(-1)!;
    expect(timestamp).toBeGreaterThan(before - 1_000);
    expect(timestamp).toBeLessThanOrEqual(Date.now());
  });

  it('that the server rejects is reported, and taken back on the page', async () => {
    const { page, heart } = await openFound(newPage);
    await routeEvents(page, (route) => {
      const events: EventInput[] = route.request().postDataJSON().events;
      const results = events.map(({ id }) => ({ id, status: 'rejected', reason: 'value: no' }));
      return route.fulfill({ status: 202, json: { results } });
    });
    await heart.click();
    const alert = page.getByRole('alert');
    await poll(() => alert.textContent()).toMatch(/^The server rejected “Liked .*” · value: no/);
    await poll(() => heart.getAttribute('aria-pressed')).toBe('false');
    expect(await page.locator('.message').textContent()).toBe('');
    expect(await page.locator('.log li').first().textContent()).toContain('value: no');
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
  });

  it('that waits is sent apart from what another player’s unavailable object refuses', async () => {
    const { page } = await openSkipped(newPage);
    const keep = (userId: string) => {
      const event = { id: crypto.randomUUID(), userId, type: 'like', itemId: 'no-such-game' };
      return [`bloodstream-unsent:${event.id}`, JSON.stringify({ event, createdAt: Date.now(), text: 'Liked it' })];
    };
    const other = `guest-${crypto.randomUUID()}`;
    const entries = [keep(other), keep(playerOf(page)), ['bloodstream-unsent:broken', '{']];
    await page.evaluate((all) => {
      for (const [key, value] of all) localStorage.setItem(key!, value!);
    }, entries);
    await routeEvents(page, (route) =>
      route.request().postData()!.includes(other) ? route.fulfill({ status: 503, json: {} }) : route.fallback(),
    );
    await page.reload();
    await poll(() => page.evaluate('Object.keys(localStorage)')).toEqual([entries[0]![0]]);
    await poll(() => page.locator('.log li').allTextContents()).toEqual([expect.stringMatching(/Liked it.*accepted/)]);
  });
});
