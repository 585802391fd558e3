// Search results and the Back button, in a real browser.

import { expect, it } from 'vitest';
import type { Gallery } from '../models/contracts/gallery.ts';
import { describeInBrowser, openGallery, poll } from './browser.ts';
import { firstCard, openSkipped, playerOf } from './presses.ts';

describeInBrowser('the page', (newPage) => {
  it('scrolls search results into view, and does not present its limit as the number of matches', async () => {
    const { page } = await openSkipped(newPage);
    await page.evaluate('scrollTo({ top: document.body.scrollHeight, behavior: "instant" })');
    await page.getByRole('searchbox').pressSequentially('the');
    const results = page.getByRole('region', { name: 'Results for' });
    await results.waitFor();
    const top = () => results.locator('h2').evaluate((title) => title.getBoundingClientRect().top);
    await poll(top).toBeGreaterThan(0);
    expect(await top()).toBeLessThan(900);
    const shown = await results.locator('.card').count();
    expect(await results.locator('.row-head p').textContent()).toBe(
      shown === 20 ? 'The best 20; there may be more' : `${shown} games found`,
    );
  });

  it('can be reverted with Back: a dialog, a search, another player; the logo keeps the player', async () => {
    const { page } = await openGallery(await newPage({ viewport: { width: 1280, height: 900 } }), 'player-0001');
    const gallery = (userId: string) =>
      page.waitForResponse((response) => response.url().includes(`/v1/users/${userId}/gallery`));
    const whose = page.getByRole('button', { name: 'Choose a player' });
    await whose.click();
    await page.getByRole('textbox', { name: 'Player id' }).fill('player-0002');
    const second = gallery('player-0002');
    await page.getByRole('textbox', { name: 'Player id' }).press('Enter');
    await second;
    expect(playerOf(page)).toBe('player-0002');

    await page.getByRole('button', { name: 'Tune the gallery' }).click();
    await page.locator('.tune').waitFor();
    // The browser tells of an open popover in a later task; a busy machine goes back before that.
    await page.waitForFunction('history.state?.dialog');
    await page.goBack();
    await page.locator('.tune').waitFor({ state: 'hidden' });
    const card = firstCard(page);
    await card.hover();
    await card.locator('[data-action="ask"]').click();
    await page.locator('.why').waitFor();
    await page.goBack();
    await page.locator('.why').waitFor({ state: 'detached' });
    expect(playerOf(page)).toBe('player-0002');

    await page.getByRole('searchbox').pressSequentially('tar');
    const results = page.getByRole('region', { name: 'Results for' });
    await results.waitFor();
    await page.goBack();
    await results.waitFor({ state: 'detached' });
    expect(await page.getByRole('searchbox').inputValue()).toBe('');

    const first = gallery('player-0001');
    await page.goBack();
    expect(((await (await first).json()) as Gallery).rows.length).toBeGreaterThan(0);
    expect(playerOf(page)).toBe('player-0001');
    expect(await whose.textContent()).toContain('player-0001');
    await page.getByRole('link', { name: 'Bloodstream' }).click();
    expect(playerOf(page)).toBe('player-0001');
    expect(await whose.textContent()).toContain('player-0001');
  });
});
