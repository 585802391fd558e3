// The page with a keyboard, a screen reader or forced colours: axe on every state, the focus, the announcements.

import type { Page } from 'playwright-core';
import { expect, inject, it } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import { findViolations } from './axe.ts';
import {
  actAndSee,
  addressOf,
  changeGalleries,
  describeInBrowser,
  KNOWN_PLAYER,
  openGallery,
  openWelcome,
  routeEvents,
  skipWelcome,
} from './browser.ts';

/** Every width that the page is designed for. The states take the pairs in turn: axe takes a second for each screen. */
const SCREENS = [
  [
    { width: 320, colorScheme: 'light' },
    { width: 2560, colorScheme: 'dark' },
  ],
  [
    { width: 390, colorScheme: 'dark' },
    { width: 1400, colorScheme: 'light' },
  ],
] as const;
/** A gallery with every kind of element, but small enough for axe to be quick. */
const shorten = (gallery: Gallery): Gallery => ({
  ...gallery,
  rows: gallery.rows.slice(0, 2).map((row) => ({ ...row, items: row.items.slice(0, 4) })),
});
const explainFirst = async (page: Page) => {
  await page.locator('.hero [data-action="ask"]').press('Enter');
  await page.getByRole('dialog').locator('.verdict').waitFor();
};

const muteGenre = async (page: Page) => {
  await page.getByRole('button', { name: 'Tune the gallery' }).click();
  await actAndSee(page, () => page.getByRole('group', { name: 'Mute a genre' }).getByRole('button').first().click());
};

/** Every state of the page that a player can reach, and how to reach it. */
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
  'controls with a muted genre and a question': async (page) => {
    await openWelcome(page);
    await skipWelcome(page);
    await muteGenre(page);
    await page.getByRole('button', { name: 'Forget what I did' }).click();
    await page.getByRole('button', { name: 'Forget it' }).waitFor();
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
  'a message with its undo': async (page) => {
    await openWelcome(page);
    await skipWelcome(page);
    await page.locator('.card [data-action="dismiss"]').first().click();
    await page.getByRole('button', { name: 'Undo' }).waitFor();
  },
  'empty page': async (page) => {
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [] }));
    await openGallery(page, KNOWN_PLAYER);
  },
  'a page that the player has emptied': async (page) => {
    await openWelcome(page);
    await skipWelcome(page);
    await actAndSee(page, () => page.locator('.card [data-action="dismiss"]').first().click());
    await muteGenre(page);
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [], emptiedBy: ['mutedGenres', 'history'] }));
    await page.reload();
    for (const name of ['Unmute these genres', 'Show dismissed games again'])
      await page.getByRole('button', { name }).waitFor();
  },
  'a page that could not be composed': async (page) => {
    const degraded: Gallery['degraded'] = [{ step: 'composition', reason: 'a bug' }];
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [], degraded }));
    await openGallery(page, KNOWN_PLAYER);
    await page.getByRole('heading', { name: 'No games can be shown at the moment' }).waitFor();
  },
  'no gallery at all': async (page) => {
    await page.route('**/gallery?*', (route) =>
      route.fulfill({ status: 503, json: { title: 'Not possible', status: 503 } }),
    );
    await page.goto(addressOf(KNOWN_PLAYER));
    await page.getByRole('alert').waitFor();
  },
  problem: async (page) => {
    await openGallery(page, KNOWN_PLAYER);
    await routeEvents(page, (route) => route.fulfill({ status: 503, json: { title: 'Not possible', status: 503 } }));
    await page.locator('.card [data-action="click"]').first().click();
    await page.getByRole('alert').waitFor();
  },
  'key form': async (page) => {
    await page.goto(inject('url'));
    await page.getByLabel('Key').waitFor();
  },
  'API reference': async (page) => {
    await page.goto(`${inject('url')}/docs#problem-conflict`);
    await page.locator('.opblock').first().waitFor();
  },
};

describeInBrowser('the accessible page', (newPage) => {
  it.each(Object.entries(STATES))('has no accessibility violations: %s', async (state, reach) => {
    const page = await newPage({ reducedMotion: 'reduce', viewport: { width: 1400, height: 900 } });
    await changeGalleries(page, shorten);
    await reach(page);
    const index = Object.keys(STATES).indexOf(state);
    for (const { width, colorScheme } of SCREENS[index % SCREENS.length]!) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height: 900 });
      expect(await findViolations(page), `${width} px, ${colorScheme}`).toEqual([]);
    }
  });

  it('explains a game in a dialog that takes the focus, keeps it, and returns it', async () => {
    const { page, complaints } = await openGallery(await newPage(), KNOWN_PLAYER);
    const dialog = page.getByRole('dialog');
    const isInside = 'document.activeElement === document.body || document.activeElement.closest("dialog") !== null';
    const ask = page.locator('.card [data-action="ask"]').first();
    for (const close of [
      () => page.keyboard.press('Escape'),
      () => dialog.getByRole('button', { name: 'Close' }).click(),
      () => page.mouse.click(5, 5),
    ]) {
      await ask.press('Enter');
      await dialog.locator('.verdict').waitFor();
      expect(await dialog.locator(':focus').count()).toBe(1);
      for (let presses = 0; presses < 15; presses++) {
        await page.keyboard.press('Tab');
        expect(await page.evaluate(isInside)).toBe(true);
      }
      await close();
      await dialog.waitFor({ state: 'detached' });
      expect(await ask.evaluate((button) => button.matches(':focus'))).toBe(true);
    }
    expect(complaints).toEqual([]);
  });

  it('has few tab stops, a link past the top bar, and arrow keys within a row', async () => {
    const { page } = await openGallery(await newPage(), KNOWN_PLAYER);
    const focus = () =>
      page.evaluate(`(() => {
        const { activeElement } = document;
        const closest = (name) => activeElement.closest('[data-' + name + ']')?.dataset[name];
        const [row, item] = [closest('row'), closest('item')];
        return { name: activeElement.textContent.trim(), tag: activeElement.tagName, row, item };
      })()`) as Promise<{ name: string; tag: string; row?: string; item?: string }>;
    await page.keyboard.press('Tab');
    expect((await focus()).name).toBe('Skip to the gallery');
    const games = new Map<string, Set<string>>();
    let stops = 1;
    for (; stops < 100; stops++) {
      await page.keyboard.press('Tab');
      const { tag, row, item } = await focus();
      if (tag === 'BODY') break;
      if (row && item) games.set(row, (games.get(row) ?? new Set()).add(item));
    }
    const rows = await page.locator('[data-row]').count();
    expect(games.size).toBe(rows);
    expect([...games.values()].every(({ size }) => size === 1)).toBe(true);
    expect(stops).toBeLessThan(10 + 5 * rows);

    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction('document.activeElement.tagName === "MAIN"');
    const controls = page.locator('.row').nth(1).locator('[data-action="click"]');
    await controls.first().focus();
    await page.keyboard.press('End');
    const { item } = await focus();
    expect(item).toBe(await page.locator('.row').nth(1).locator('[data-item]').last().getAttribute('data-item'));
    // The row's tab stop is now this game, also when the focus returns to the row.
    await page.keyboard.press('ArrowUp');
    expect((await focus()).item).not.toBe(item);
    await page.keyboard.press('ArrowDown');
    expect((await focus()).item).toBe(item);
  });

  it('announces changes, and keeps the focus when the welcome closes', async () => {
    const { page } = await openWelcome(await newPage());
    const announcement = page.locator('.visually-hidden[role="status"]');
    const expectAnnouncement = (text: RegExp) => announcement.filter({ hasText: text }).waitFor();
    const first = (await page.locator('[data-row] h2').first().textContent())!;
    await expectAnnouncement(/^Your gallery has \d+ rows\. First row: /);
    await announcement.filter({ hasText: first }).waitFor();
    await skipWelcome(page);
    await page.locator('main:focus').waitFor();

    await actAndSee(page, () => page.locator('.card [data-action="play"]').first().click());
    await expectAnnouncement(/^Your gallery has changed: (no|\d+) new games?\. First row: /);
    await page.getByRole('searchbox').fill('the');
    await expectAnnouncement(/^(no|\d+) games? found for “the”\.$/);

    const { page: picking } = await openWelcome(await newPage());
    await picking.locator('.welcome .chip').first().click();
    await actAndSee(picking, () => picking.getByRole('button', { name: 'Show my gallery' }).click());
    await picking.locator('main:focus').waitFor();
  });

  it('replaces shadows and backgrounds by outlines in forced colours', async () => {
    const { page } = await openGallery(await newPage({ forcedColors: 'active' }), KNOWN_PLAYER);
    const style = (selector: string, property: string, pseudo = '') =>
      page.evaluate(
        `getComputedStyle(document.querySelector('${selector}'), '${pseudo}').getPropertyValue('${property}')`,
      );
    for (const play of ['.hero .play', '.card .play']) {
      expect(await style(play, 'border-top-width')).toBe('1px');
      expect(await style(play, 'border-top-color')).not.toBe('rgba(0, 0, 0, 0)');
    }
    await page.locator('.card .open').first().focus();
    await page.keyboard.press('ArrowRight');
    expect(await style('.open:focus-visible .cover', 'outline-style')).toBe('solid');
    const bar = async (selector: string) => [
      await style(selector, 'border-bottom-style', '::after'),
      Number.parseFloat((await style(selector, 'width', '::after')) as string) > 10,
    ];
    // The taste is read beside the gallery, and may come after it.
    await page.locator('.taste li').first().waitFor();
    expect(await bar('.taste li')).toEqual(['solid', true]);
    await explainFirst(page);
    expect(await bar('.explained li')).toEqual(['solid', true]);
  });
});
