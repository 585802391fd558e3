// A real browser for the tests of the page, over the Worker that `npm start` runs. Without chromium they fail in CI;
// elsewhere they are skipped, and a warning says so.

import type { Browser, BrowserContextOptions, Page, Request, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, inject } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import { findChromium, launchChromium } from '../scripts/local/browser.ts';
import { assertChromium } from './assert-chromium.ts';

const chromiumPath = findChromium();
assertChromium(chromiumPath, process.env.CI);
/** A player of the made-up world, with a history. */
export const KNOWN_PLAYER = 'player-0001';

/** Enough for a busy machine. */
const WAIT_MS = 90_000;

export type NewPage = (options?: BrowserContextOptions) => Promise<Page>;
/** `complaints`: the console's errors and warnings, including violations of the content security policy. */
export interface OpenPage {
  page: Page;
  complaints: string[];
}

/** One browser for all tests that `define` declares. */
export function describeInBrowser(name: string, define: (newPage: NewPage) => void): void {
  if (chromiumPath === undefined)
    console.warn('The page is not tested: chromium was not found. Install it, or set CHROMIUM_PATH.');
  describe.skipIf(chromiumPath === undefined)(name, () => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await launchChromium(chromiumPath!);
    });
    afterAll(() => browser?.close());
    // A test that fails must leave no page behind that slows those after it.
    const pages: Page[] = [];
    afterEach(async () => {
      for (const page of pages.splice(0)) {
        if (page.isClosed()) continue;
        // Its requests may still be in a test's handlers, which fail once the page is gone.
        await page.unrouteAll({ behavior: 'ignoreErrors' });
        await page.close();
      }
    });
    define(async (options) => {
      const page = await browser.newPage(options);
      page.setDefaultTimeout(WAIT_MS);
      pages.push(page);
      return page;
    });
  });
}

export async function openGallery(page: Page, userId: string): Promise<OpenPage> {
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(addressOf(userId));
  await seeGallery(page);
  return { page, complaints };
}

/** Returns the page's address with the key, as `npm start` prints it. */
export const addressOf = (userId?: string): string =>
  `${inject('url')}/${userId === undefined ? '' : `?player=${userId}`}#key=${inject('adminKey')}`;

/** Waits for a gallery with all its rows: those out of view are drawn last. */
export const seeGallery = (page: Page): Promise<void> => page.locator('[data-answer][aria-busy="false"]').waitFor();

/** The first screen of a player without a history. */
export async function openWelcome(page: Page): Promise<OpenPage> {
  const opened = await openGallery(page, `guest-${crypto.randomUUID()}`);
  await page.getByRole('region', { name: 'Welcome' }).waitFor();
  return opened;
}

export async function skipWelcome(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Skip', exact: true }).click();
  await page.getByRole('region', { name: 'Welcome' }).waitFor({ state: 'detached' });
}

/**
 * Acts, and waits until the gallery that was requested last is on the page with all its rows: it drops what was
 * requested before.
 */
export async function actAndSee(page: Page, act: () => Promise<void>): Promise<Gallery> {
  const requests: Request[] = [];
  const record = (request: Request) => {
    if (request.url().includes('/gallery?expand=item')) requests.push(request);
  };
  page.on('request', record);
  await act();
  await poll(() => requests.length).toBeGreaterThan(0);
  for (;;) {
    const latest = requests.at(-1)!;
    const answer = galleryOf(await (await latest.response())!.json());
    const shown = page.locator(`[data-answer="${answer.recommendationId}"][aria-busy="false"]`);
    const isOvertaken = () => latest !== requests.at(-1);
    await poll(async () => isOvertaken() || (await shown.count()) === 1).toBe(true);
    if (isOvertaken()) continue;
    page.off('request', record);
    return answer;
  }
}

/** `expect.poll`, with time enough for a busy machine. */
export const poll = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: WAIT_MS });

/** Changes the galleries that the page receives from now on. */
export async function changeGalleries(page: Page, change: (gallery: Gallery) => Gallery): Promise<void> {
  await page.route('**/gallery?expand=item', async (route) => {
    const response = await route.fetch();
    const body = (await response.json()) as GalleryAnswer;
    const gallery = change(galleryOf(body));
    await route.fulfill({ response, json: 'gallery' in body ? { ...body, gallery } : gallery });
  });
}

/** Includes the results of the events sent with the request, if any. */
type GalleryAnswer = Gallery | { gallery: Gallery };
const galleryOf = (answer: GalleryAnswer): Gallery => ('gallery' in answer ? answer.gallery : answer);

/** Requests that send events, with or without the gallery in the answer, and requests for a gallery alone. */
const EVENTS_URL = /\/v1\/(events|users\/[^/]+\/gallery\?expand=item)$/;
export const sendsEvents = (request: Request): boolean => request.method() === 'POST' && EVENTS_URL.test(request.url());

/** Handles the requests that send events. */
export const routeEvents = (page: Page, handle: (route: Route) => unknown): Promise<unknown> =>
  page.route(EVENTS_URL, (route) => (sendsEvents(route.request()) ? handle(route) : route.fallback()));
export const unrouteEvents = (page: Page): Promise<void> => page.unroute(EVENTS_URL);
