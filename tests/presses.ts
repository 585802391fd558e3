// Shared by the tests of presses on the page: a new player's page, the player's state on the server, and sent events.

import type { Page } from 'playwright-core';
import { expect, inject } from 'vitest';
import type { EventInput } from '../models/contracts/event.ts';
import type { UserState } from '../models/contracts/signals.ts';
import { type NewPage, type OpenPage, openWelcome, sendsEvents, skipWelcome } from './browser.ts';

export const playerOf = (page: Page) => new URL(page.url()).searchParams.get('player')!;
export const callApi = async <T>(method: string, path: string, body?: object): Promise<T> => {
  const response = await fetch(`${inject('url')}${path}`, {
    method,
    headers: { authorization: `Bearer ${inject('adminKey')}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as T;
};
export const readSignals = (page: Page) => callApi<UserState>('GET', `/v1/users/${playerOf(page)}/signals`);
export const firstCard = (page: Page) => page.locator('.gallery .card').first();
export const idOf = async (page: Page) => (await firstCard(page).getAttribute('data-item'))!;
/** Records all events that the page sends from now on, except impressions. */
export function recordSent(page: Page): EventInput[] {
  const sent: EventInput[] = [];
  page.on('request', (request) => {
    if (sendsEvents(request))
      sent.push(...request.postDataJSON().events.filter(({ type }: EventInput) => type !== 'impression'));
  });
  return sent;
}
export const countGalleries = (page: Page) => {
  const count = { galleries: 0 };
  page.on('request', (request) => {
    if (request.url().includes('/gallery?expand')) count.galleries++;
  });
  return count;
};

/** Closes the page before its requests get through again, so that they are sent by the next. */
export async function reopen(page: Page, unblock: () => Promise<void>): Promise<void> {
  const url = page.url();
  await page.goto('about:blank');
  await unblock();
  await page.goto(url);
}

/** Opens the gallery of a new player, without the welcome. */
export async function openSkipped(newPage: NewPage): Promise<OpenPage> {
  const opened = await openWelcome(await newPage({ viewport: { width: 1280, height: 900 } }));
  await skipWelcome(opened.page);
  return opened;
}

/** Opens search results: a game stays there after any press on it. */
export async function openFound(newPage: NewPage) {
  const opened = await openSkipped(newPage);
  const title = (await firstCard(opened.page).locator('.title').textContent())!;
  const itemId = await idOf(opened.page);
  await opened.page.getByRole('searchbox').fill(title);
  const found = opened.page.getByRole('region', { name: 'Results for' }).locator(`[data-item="${itemId}"]`);
  await found.waitFor();
  return { ...opened, itemId, heart: found.locator('[data-action="like"]') };
}
