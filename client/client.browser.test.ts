// The client in Chromium, on pages of another origin than the Worker's.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { describeInBrowser, poll } from '../tests/browser.ts';
import type { EventInput } from './types.ts';

const PAGES: Record<string, string> = {
  '/example.html': readFileSync(path.join(import.meta.dirname, 'example.html'), 'utf8'),
  '/blank.html': '<!doctype html><title>A game</title>',
};

describeInBrowser('the client', (newPage) => {
  const server = createServer((request, response) => {
    const page = PAGES[new URL(request.url!, 'http://localhost').pathname];
    response.writeHead(page === undefined ? 404 : 200, { 'content-type': 'text/html' }).end(page);
  });
  let origin: string;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => void server.close());

  /** Opens a page with `window.client`, of the guest of its origin. */
  async function openGame(page: Page): Promise<string> {
    await page.goto(`${origin}/blank.html`);
    // As text: the test runner would rewrite the import.
    return page.evaluate(`(async (api) => {
      const { createClient, createGuest } = await import(api + '/client.js');
      const guest = JSON.parse(localStorage.getItem('guest')) ?? (await createGuest(api));
      localStorage.setItem('guest', JSON.stringify(guest));
      window.client = createClient({ url: api, userId: guest.userId, getToken: () => guest.token });
      // So that it has its token.
      await client.getPreferences().catch(() => {});
      return guest.userId;
    })('${inject('url')}')`);
  }
  const record = (page: Page, itemId: string) =>
    page.evaluate(`client.recordEvent({ type: 'like', itemId: '${itemId}' })`);
  const readLiked = async (userId: string): Promise<string[]> => {
    const response = await fetch(`${inject('url')}/v1/users/${userId}/signals`, {
      headers: { authorization: `Bearer ${inject('adminKey')}` },
    });
    return ((await response.json()) as { liked: string[] }).liked;
  };

  it('sends what waits when its tab closes', async () => {
    const page = await newPage();
    const [tab] = await Promise.all([
      page.waitForEvent('popup'),
      page.evaluate(`void open('about:blank', '_blank', 'noopener')`),
    ]);
    const userId = await openGame(tab);
    await record(tab, 'wynmere');
    // Not the page itself: its profile is deleted with it, and with the profile what is still being sent.
    await tab.close();
    await poll(() => readLiked(userId)).toEqual(['wynmere']);
  });

  it('keeps what happens offline, with a clock an hour ahead, for the next visit', async () => {
    const page = await newPage();
    await page.addInitScript(`{
      const now = Date.now;
      let isFirst = false;
      try {
        isFirst = localStorage.getItem('guest') === null;
      } catch {}
      // The second visit is a minute later.
      Date.now = () => now() + (isFirst ? 3_540_000 : 3_600_000);
    }`);
    const userId = await openGame(page);
    await page.context().setOffline(true);
    await record(page, 'wynmere');
    const countKept = () =>
      page.evaluate(`new Promise((resolve) => {
        indexedDB.open('bloodstream ${inject('url')}').onsuccess = ({ target }) => {
          const events = target.result.transaction('events').objectStore('events');
          events.count().onsuccess = ({ target }) => resolve(target.result);
        };
      })`);
    await poll(countKept).toBe(1);
    await page.goto('about:blank');
    await page.context().setOffline(false);
    const sent: EventInput[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(...(request.postDataJSON()?.events ?? []));
    });
    expect(await openGame(page)).toBe(userId);
    await poll(() => readLiked(userId)).toEqual(['wynmere']);
    // Chromium may deliver the request of the closed page once it is online: then the game is liked before this one.
    await poll(() => sent.length).toBe(1);
    const ageMs = Date.now() - sent[0]!.timestamp!;
    expect(ageMs).toBeGreaterThan(59_000);
    expect(ageMs).toBeLessThan(180_000);
  });

  it('plays the example: a guest of another origin, whose picks and impressions arrive', async () => {
    const page = await newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => complaints.push(message.text()));
    const sent: EventInput[] = [];
    page.on('request', (request) => {
      if (request.method() === 'POST') sent.push(...(request.postDataJSON()?.events ?? []));
    });
    await page.goto(`${origin}/blank.html`);
    // An earlier visit's guest, whose token has expired: the server refuses it.
    await page.evaluate(`localStorage.setItem('guest', '{ "userId": "guest:old", "token": "expired" }')`);
    await page.goto(`${origin}/example.html?api=${encodeURIComponent(inject('url'))}`);
    const status = page.getByRole('status');
    const pick = () => page.locator('#cards button').nth(1).click();
    await poll(() => status.textContent()).toContain('Round 1 of 10');
    await page.waitForFunction('[...document.images].every((cover) => cover.naturalWidth > 0)');
    await pick();
    await poll(() => status.textContent()).toContain('Round 2 of 10');
    const userId = (await page.evaluate('JSON.parse(localStorage.getItem("guest")).userId')) as string;
    expect(userId).toMatch(/^guest:[\w-]{22}$/);
    await page.context().setOffline(true);
    await pick();
    await poll(() => status.textContent()).toBe('You are offline.');
    await page.context().setOffline(false);
    for (let round = 3; round <= 10; round++) {
      await pick();
      await poll(() => status.textContent()).toContain(`Round ${round} of 10`);
    }
    await pick();
    await poll(() => status.textContent()).toContain('has guessed');

    // Offline requests and the refused token complain on the console; nothing else does.
    const expected = /ERR_INTERNET_DISCONNECTED|status of 401/;
    expect(complaints.filter((text) => !expected.test(text))).toEqual([]);
    expect(complaints.filter((text) => text.includes('401'))).toHaveLength(1);
    const ofType = (type: string) => new Map(sent.filter((one) => one.type === type).map((one) => [one.id, one]));
    expect(ofType('click').size).toBe(11);
    expect(ofType('impression').size).toBeGreaterThanOrEqual(4);
    for (const { userId: owner, recommendationId, position } of ofType('impression').values())
      expect([owner, typeof recommendationId, typeof position]).toEqual([userId, 'string', 'number']);
  });
});
