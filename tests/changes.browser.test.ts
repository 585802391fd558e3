// The gallery that follows a press, in a real browser: rows in view first, echoes of own events, messages.

import { expect, it } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import { actAndSee, changeGalleries, describeInBrowser, poll } from './browser.ts';
import { callApi, countGalleries, firstCard, idOf, openSkipped, playerOf } from './presses.ts';

describeInBrowser('the gallery after a press', (newPage) => {
  it.each([
    ['top', 0],
    ['end', Number.MAX_SAFE_INTEGER],
  ])('changes the rows in view first, then all others, at the %s of the gallery', async (_, top) => {
    const { page } = await openSkipped(newPage);
    await page.evaluate(`scrollTo({ top: ${top}, behavior: 'instant' })`);
    await page.evaluate(`window.firstDrawn = new Promise((resolve) => {
      const listItems = (row) => [...row.querySelectorAll('[data-item]')].map(({ dataset }) => dataset.item);
      const list = (rows) => rows.map((row) => [row.dataset.row, listItems(row)]);
      window.listRows = () => list([...document.querySelectorAll('[data-row]')]);
      const gallery = document.querySelector('[data-answer]');
      const { answer } = gallery.dataset;
      new MutationObserver((_, observer) => {
        if (gallery.dataset.answer === answer) return;
        observer.disconnect();
        const inView = [...document.querySelectorAll('[data-row]')].filter((row) => {
          const { top, bottom } = row.getBoundingClientRect();
          return bottom > 0 && top < innerHeight;
        });
        resolve({ busy: gallery.ariaBusy, inView: list(inView), all: window.listRows() });
      }).observe(gallery, { attributes: true });
    }); undefined`);
    // No focus and no pointer on any row.
    const itemId = await idOf(page);
    const event = { id: crypto.randomUUID(), userId: playerOf(page), type: 'play', itemId, value: 60 };
    const { rows } = await actAndSee(page, async () => {
      await callApi('POST', '/v1/events', { events: [event] });
    });
    type Rows = [string, string[]][];
    const { busy, inView, all } = (await page.evaluate('window.firstDrawn')) as {
      busy: string;
      inView: Rows;
      all: Rows;
    };
    const expected: Rows = rows.map(({ id, items }) => [id, items.map((one) => one.itemId)]);
    expect(busy).toBe('true');
    expect(inView.length).toBeGreaterThan(0);
    expect(expected).toEqual(expect.arrayContaining(inView));
    const idsOf = (list: Rows) => list.map(([id]) => id);
    // The rows in view are in their final order; the others are on the page too, in any order.
    const indicesOf = (list: Rows) => inView.map(([id]) => idsOf(list).indexOf(id));
    expect(indicesOf(all)).toEqual(indicesOf(expected));
    expect(idsOf(all).sort()).toEqual(idsOf(expected).sort());
    expect(all).not.toEqual(expected);
    expect(await page.evaluate('window.listRows()')).toEqual(expected);
  });

  it('is distinguished by id from events of another device, even right after it', async () => {
    const { page } = await openSkipped(newPage);
    const count = countGalleries(page);
    const userId = playerOf(page);
    const ids = await page
      .locator('.gallery .card')
      .evaluateAll((cards) => cards.map((card) => card.getAttribute('data-item')!));
    await actAndSee(page, () => firstCard(page).locator('[data-action="click"]').click());
    await page.locator('.notice').waitFor();
    await page.waitForTimeout(500);
    expect(count.galleries).toBe(1);

    await page.mouse.move(0, 0);
    await actAndSee(page, () => firstCard(page).locator('[data-action="click"]').click());
    const itemId = ids.at(-1)!;
    const event = { id: crypto.randomUUID(), userId, type: 'play', itemId, value: 60 };
    await actAndSee(page, async () => {
      await callApi('POST', '/v1/events', { events: [event] });
    });
    await page.getByRole('region', { name: 'Continue playing' }).locator(`[data-item="${itemId}"]`).waitFor();
    expect(count.galleries).toBe(3);
  });

  it('does not read that there are no games if the page could not be composed', async () => {
    const { page } = await openSkipped(newPage);
    const degraded: Gallery['degraded'] = [{ step: 'composition', reason: 'a bug' }];
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [], degraded }));
    await page.reload();
    await poll(() => page.locator('.empty').textContent()).toContain('No games can be shown at the moment');
  });

  it('that only dismisses does not show “Nothing is known” or a reason from played games', async () => {
    const { page } = await openSkipped(newPage);
    await actAndSee(page, () => firstCard(page).locator('[data-action="dismiss"]').click());
    await poll(() => page.locator('.taste').textContent()).toContain('No favourite genre is known yet.');
    expect(await page.locator('.taste').textContent()).not.toContain('Nothing is known');
    expect(await page.locator('.gallery').textContent()).not.toContain('From what you played');
  });
});
