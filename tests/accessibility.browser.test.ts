// The page for those who use a keyboard, a screen reader or their own colours: axe on every state, and where the focus is.

import type { Page } from 'playwright-core';
import { expect, inject, it } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import { findViolations } from './axe.ts';
import {
  actAndSee,
  changeGalleries,
  describeInBrowser,
  KNOWN_PLAYER,
  openGallery,
  openWelcome,
  skipWelcome,
} from './browser.ts';

const WIDTHS = [320, 390, 1400, 2560];
/** Enough of a gallery to have every kind of element, and little enough for axe to be quick. */
const shorten = (gallery: Gallery): Gallery => ({
  ...gallery,
  rows: gallery.rows.slice(0, 2).map((row) => ({ ...row, items: row.items.slice(0, 4) })),
});
const explainFirst = async (page: Page) => {
  await page.locator('.hero [data-action="ask"]').press('Enter');
  await page.getByRole('dialog').locator('.verdict').waitFor();
};

/** Every state of the page that a player can bring about, and how to get there. */
const STATES: Record<string, (page: Page) => Promise<unknown>> = {
  welcome: openWelcome,
  'a picked welcome': async (page) => {
    await openWelcome(page);
    await page.locator('.welcome .chip').first().click();
    await page.locator('.offers button').first().click();
  },
  gallery: (page) => openGallery(page, KNOWN_PLAYER),
  'search results': async (page) => {
    await openGallery(page, KNOWN_PLAYER);
    await page.getByRole('searchbox').fill('the');
    await page.getByRole('region', { name: 'Results for' }).waitFor();
  },
  explanation: async (page) => {
    await openGallery(page, KNOWN_PLAYER);
    await explainFirst(page);
  },
  controls: async (page) => {
    await openGallery(page, KNOWN_PLAYER);
    await page.getByRole('button', { name: 'Tune the gallery' }).click();
  },
  'player picker': async (page) => {
    await openGallery(page, KNOWN_PLAYER);
    await page.getByRole('button', { name: 'Choose a player' }).click();
  },
  'events sent': async (page) => {
    await openGallery(page, `guest-${crypto.randomUUID()}`);
    await skipWelcome(page);
    await actAndSee(page, () => page.locator('.card [data-action="click"]').first().click());
    await page.getByRole('button', { name: 'Events sent' }).click();
    await page.locator('.log li').waitFor();
  },
  'empty page': async (page) => {
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [] }));
    await openGallery(page, KNOWN_PLAYER);
  },
  problem: async (page) => {
    await openGallery(page, KNOWN_PLAYER);
    await page.route('**/v1/events', (route) =>
      route.fulfill({ status: 503, json: { title: 'Not possible', status: 503 } }),
    );
    await page.locator('.card [data-action="click"]').first().click();
    await page.getByRole('alert').waitFor();
  },
  'key form': async (page) => {
    await page.route('**/local/key', (route) => route.fulfill({ status: 404 }));
    await page.goto(inject('url'));
    await page.getByLabel('Key').waitFor();
  },
  'API reference': (page) => page.goto(`${inject('url')}/docs`),
};

describeInBrowser('the page for everybody', (newPage) => {
  it.each(Object.entries(STATES))('has no violation of accessibility: %s', async (_, reach) => {
    const page = await newPage({ reducedMotion: 'reduce', viewport: { width: 1400, height: 900 } });
    await changeGalleries(page, shorten);
    await reach(page);
    for (const colorScheme of ['light', 'dark'] as const)
      for (const width of WIDTHS) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height: 900 });
        expect(await findViolations(page), `${width} px, ${colorScheme}`).toEqual([]);
      }
    await page.close();
  });
});
