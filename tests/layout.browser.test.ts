// The layout of the page from a narrow phone to a wide screen, with titles and prices of any kind.

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import { actAndSee, changeGalleries, describeInBrowser, KNOWN_PLAYER, openGallery, openWelcome } from './browser.ts';

/** `index`: the item's among all items of the gallery. */
const changeItems = (page: Page, change: (index: number) => Partial<Item>) =>
  changeGalleries(page, (gallery: Gallery) => {
    let index = 0;
    const changeItem = (item: Item) => ({ ...item, ...change(index++) });
    const rows = gallery.rows.map((row) => ({
      ...row,
      items: row.items.map((entry) => ({ ...entry, item: entry.item && changeItem(entry.item) })),
    }));
    return { ...gallery, rows };
  });
type Box = { left: number; top: number; right: number; bottom: number; height: number };
/**
 * The boxes of all elements of each selector, in the viewport. All are measured at one moment, because after a resize
 * the page moves until its rows are laid out.
 */
const boxesOf = async <Selectors extends string[]>(page: Page, ...selectors: Selectors) =>
  (await page.evaluate(
    `${JSON.stringify(selectors)}.map((selector) =>
      Array.from(document.querySelectorAll(selector), (one) => one.getBoundingClientRect().toJSON()))`,
  )) as { [index in keyof Selectors]: Box[] };
const overflow = (page: Page) => page.evaluate('document.documentElement.scrollWidth - innerWidth');

/** WCAG's contrast ratio of two sRGB colours. */
function contrast(first: readonly number[], second: readonly number[]): number {
  const [light, dark] = [luminance(first), luminance(second)].sort((a, b) => b - a);
  return (light! + 0.05) / (dark! + 0.05);
}
function luminance(channels: readonly number[]): number {
  const [red, green, blue] = channels.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

/** The maximum of each colour channel of a picture. The browser reads it, since Node has no decoder. */
const findLightest = async (page: Page, picture: Buffer) =>
  (await page.evaluate(`(async () => {
    const bytes = Uint8Array.from(atob('${picture.toString('base64')}'), (letter) => letter.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes]));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
    context.drawImage(bitmap, 0, 0);
    const lightest = [0, 0, 0];
    context.getImageData(0, 0, bitmap.width, bitmap.height).data.forEach((value, i) => {
      if (i % 4 < 3) lightest[i % 4] = Math.max(lightest[i % 4], value);
    });
    return lightest;
  })()`)) as number[];

describeInBrowser('the layout of the page', (newPage) => {
  it('shows all buttons of the first game on the narrowest phone', async () => {
    const { page } = await openGallery(await newPage({ viewport: { width: 320, height: 700 } }), KNOWN_PLAYER);
    for (const width of [320, 360, 390, 640, 800]) {
      await page.setViewportSize({ width, height: 700 });
      const [[hero], buttons] = await boxesOf(page, '.hero', '.hero button');
      for (const button of buttons) {
        expect(button.left, `${width} px`).toBeGreaterThanOrEqual(hero!.left);
        expect(button.right, `${width} px`).toBeLessThanOrEqual(hero!.right);
      }
      expect(await overflow(page)).toBe(0);
    }
  });

  it('opens the events sent within the viewport, and does not cover the welcome’s buttons', async () => {
    const { page } = await openWelcome(await newPage({ viewport: { width: 390, height: 844 } }));
    // At any scroll position a button in the viewport is not under the bar.
    const findCovered = `(async () => {
      const covered = [];
      for (let top = 0; top < document.documentElement.scrollHeight; top += 60) {
        scrollTo({ top, behavior: 'instant' });
        for (const button of document.querySelectorAll('.welcome-actions button')) {
          const { left, right, bottom } = button.getBoundingClientRect();
          const atEdge = document.elementFromPoint((left + right) / 2, bottom - 2);
          if (bottom > 0 && bottom < innerHeight && atEdge !== button && !atEdge?.closest('header'))
            covered.push(top + ' ' + button.textContent);
        }
      }
      scrollTo(0, 0);
      return covered;
    })()`;
    expect(await page.evaluate(findCovered)).toEqual([]);
    const [[actions], [answer]] = await boxesOf(page, '.welcome-actions', '.answer');
    expect(actions!.bottom).toBeLessThan(answer!.top);
    await page.getByRole('button', { name: 'Skip', exact: true }).click();

    for (const width of [390, 1100]) {
      await page.setViewportSize({ width, height: 844 });
      await actAndSee(page, () => page.locator('.card [data-action="click"]').first().click());
      const log = page.locator('.log');
      expect(await log.isVisible()).toBe(false);
      // Wherever the page is scrolled to.
      await page.evaluate('scrollTo({ top: document.documentElement.scrollHeight, behavior: "instant" })');
      await page.getByRole('button', { name: 'Events sent' }).click();
      await log
        .getByText(/^Looked at/)
        .first()
        .waitFor();
      const [[events], [bar]] = await boxesOf(page, '.log', '.answer');
      expect(events!.top).toBeGreaterThan(0);
      expect(events!.bottom).toBeLessThanOrEqual(bar!.top);
      await page.getByRole('button', { name: 'Events sent' }).click();
      await page.evaluate('scrollTo({ top: 0, behavior: "instant" })');
    }
  });

  it('leaves no empty column: the panels end with the hero, and the rows fill the whole width', async () => {
    const { page } = await openGallery(await newPage({ viewport: { width: 1400, height: 900 } }), KNOWN_PLAYER);
    for (const width of [1180, 1400, 2560, 3840]) {
      await page.setViewportSize({ width, height: 900 });
      const [[aside], [hero]] = await boxesOf(page, 'aside', '.hero');
      expect(Math.abs(aside!.bottom - hero!.bottom), `${width} px`).toBeLessThanOrEqual(2);
      expect(aside!.left).toBeGreaterThan(hero!.right);
      // Each row in turn comes on the screen: before, it is not laid out.
      for (const cards of await page.locator('.cards').all()) {
        await cards.scrollIntoViewIfNeeded();
        const { x, width: taken } = (await cards.boundingBox())!;
        expect([x, x + taken]).toEqual([0, width]);
      }
      await page.evaluate('scrollTo({ top: 0, behavior: "instant" })');
      const last = (await boxesOf(page, '.row:first-child .card'))[0].at(-1)!;
      expect(last.right, `${width} px`).toBeGreaterThan(width - 60);
      expect(await overflow(page)).toBe(0);
    }
  });

  it('truncates a title of 300 letters without a gap beside it, and shows it whole in the explanation', async () => {
    const page = await newPage({ viewport: { width: 390, height: 844 } });
    const long = 'Unabridged '.repeat(30).slice(0, 300);
    await changeItems(page, (index) => (index % 3 === 0 ? { title: long } : {}));
    await openGallery(page, KNOWN_PLAYER);
    for (const width of [320, 390, 1400]) {
      await page.setViewportSize({ width, height: 844 });
      const [[hero], facts, actions] = await boxesOf(page, '.hero', '.card .facts', '.card .actions');
      expect(hero!.height, `${width} px`).toBeLessThan(500);
      const gaps = actions.map(({ top }, index) => top - facts[index]!.bottom);
      expect(Math.max(...gaps), `${width} px`).toBeLessThan(2);
      expect(await overflow(page)).toBe(0);
    }
    expect(await page.locator('.card .open').nth(2).getAttribute('title')).toContain(long.trim());
    await page.locator('.hero [data-action="ask"]').click();
    const heading = page.getByRole('dialog').getByRole('heading');
    await heading.waitFor();
    expect(await heading.textContent()).toContain(long.trim());
    expect(await heading.evaluate(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)).toBeLessThanOrEqual(
      2,
    );
  });

  it('formats a price with its currency in the reader’s locale', async () => {
    const page = await newPage({ locale: 'de-DE' });
    const prices = [
      { price: 12.5, currency: 'EUR' },
      { price: 1200, currency: 'JPY' },
      { price: 12.5, currency: null },
      { price: 0, currency: 'EUR' },
      { price: null, currency: 'EUR' },
    ];
    await changeItems(page, (index) => prices[index % prices.length]!);
    await openGallery(page, KNOWN_PLAYER);
    const written = await page
      .locator('.row:first-child .facts')
      .evaluateAll((all) => all.map((facts) => facts.querySelector('.price')?.textContent.replaceAll('\u00a0', ' ')));
    expect(written.slice(0, 5)).toEqual(['12,50 €', '1.200 ¥', '12,50', 'Free', undefined]);
  });

  it('keeps the hero’s text legible on a white picture', async () => {
    const page = await newPage({ viewport: { width: 1400, height: 900 } });
    const white =
      '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="4"><rect width="3" height="4" fill="#fff"/></svg>';
    await page.route('**/covers/**', (route) => route.fulfill({ contentType: 'image/svg+xml', body: white }));
    await openGallery(page, KNOWN_PLAYER);
    // The text is made transparent, so that the lightest pixel belongs to its background.
    await page.evaluate("document.querySelector('.hero-text').style.webkitTextFillColor = 'transparent'");
    const coloursOf = async (selector: string) =>
      (await page.evaluate(
        `[...document.querySelectorAll('${selector}')].map((one) => getComputedStyle(one).color)`,
      )) as string[];
    for (const text of ['.hero .tags li', '.hero .eyebrow', '.hero h1', '.hero .facts', '.hero .price']) {
      const lightest = await findLightest(
        page,
        await page.locator(text).first().screenshot({ animations: 'disabled' }),
      );
      for (const colour of await coloursOf(text))
        expect(contrast(colour.match(/\d+/g)!.map(Number), lightest), text).toBeGreaterThanOrEqual(4.5);
    }
  });
});
