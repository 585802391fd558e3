// Muting and asking for less, in a real browser: messages, undo, and what is kept and lifted.

import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { actAndSee, describeInBrowser, poll, seeGallery } from './browser.ts';
import { callApi, firstCard, openFound, openSkipped, playerOf, readSignals, reopen } from './presses.ts';

describeInBrowser('a press on the page', (newPage) => {
  it('mutes a genre or shows less of it, says so, and can be undone', async () => {
    const { page, complaints } = await openSkipped(newPage);
    const message = page.locator('.message');
    const genres = () => page.locator('.gallery .card .genre').allTextContents();
    const press = async (verb: 'Less' | 'Mute') => {
      const card = firstCard(page);
      await card.hover();
      await card.locator('[data-action="ask"]').click();
      const button = page.locator('.why').getByRole('button', { name: new RegExp(`^${verb} `) });
      const label = (await button.first().textContent())!.slice(verb.length + 1);
      await actAndSee(page, () => button.first().click());
      return label;
    };
    const less = await press('Less');
    expect(await message.getByRole('status').textContent()).toBe(`Less ${less} from now on.`);
    expect((await readSignals(page)).preferences.lessGenres).toEqual([less]);
    await actAndSee(page, () => message.getByRole('button', { name: 'Undo' }).click());
    expect((await readSignals(page)).preferences.lessGenres).toEqual([]);

    const muted = await press('Mute');
    expect(await genres()).not.toContain(muted);
    expect(await message.getByRole('status').textContent()).toBe(`Muted ${muted}: no such game is shown any more.`);
    await actAndSee(page, () => message.getByRole('button', { name: 'Undo' }).click());
    expect(await genres()).toContain(muted);
    expect(complaints).toEqual([]);
  });

  /** Opens the panel about the first game, and presses its button to mute a genre. */
  const mute = async (page: Page): Promise<string> => {
    const card = firstCard(page);
    await card.hover();
    await card.locator('[data-action="ask"]').click();
    const button = page
      .locator('.why')
      .getByRole('button', { name: /^Mute / })
      .first();
    const label = (await button.textContent())!.slice('Mute '.length);
    await button.click();
    return label;
  };
  const readMuted = async (page: Page) => (await readSignals(page)).preferences.mutedGenres;

  it('that mutes offline is kept, says so, and is sent again', async () => {
    const { page } = await openSkipped(newPage);
    const said = () => page.locator('.message').getByRole('status').textContent();
    await page.route('**/preferences?*', (route) => route.abort());
    const label = await mute(page);
    await page.getByRole('alert').waitFor();
    expect(await said()).toBe(`Muting ${label} …`);
    await page.unroute('**/preferences?*');
    await actAndSee(page, () => page.getByRole('alert').getByRole('button', { name: 'Try again' }).click());
    await poll(said).toBe(`Muted ${label}: no such game is shown any more.`);
    expect(await readMuted(page)).toEqual([label]);

    await page.route('**/preferences?*', (route) => route.abort());
    await page.locator('.message').getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('alert').waitFor();
    await reopen(page, () => page.unroute('**/preferences?*'));
    await poll(() => readMuted(page)).toEqual([]);
    await poll(() => page.evaluate('Object.keys(localStorage)')).toEqual([]);
  });

  it('that mutes before the preferences are known keeps the others', async () => {
    const { page } = await openSkipped(newPage);
    await callApi('PUT', `/v1/users/${playerOf(page)}/preferences`, { mutedGenres: ['No such genre'], ageLimit: 16 });
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route('**/signals', (route) => released.then(() => route.continue()));
    await page.reload();
    await seeGallery(page);
    const label = await mute(page);
    release();
    await poll(() => readMuted(page)).toEqual(['No such genre', label]);
    expect((await readSignals(page)).preferences.ageLimit).toBe(16);
  });

  it('that mutes in vain is taken back alone: a like made meanwhile stays', async () => {
    const { page, heart, itemId } = await openFound(newPage);
    let refuse = () => {};
    const refused = new Promise<void>((resolve) => {
      refuse = resolve;
    });
    await page.route('**/preferences?*', async (route) => {
      await refused;
      await route.fulfill({ status: 400, json: { title: 'No' } });
    });
    const label = await mute(page);
    await actAndSee(page, () => heart.click());
    await actAndSee(page, async () => refuse());
    await poll(() => page.getByRole('alert').textContent()).toMatch(/^No/);
    expect(await page.locator('.message').textContent()).not.toContain(label);
    expect(await heart.getAttribute('aria-pressed')).toBe('true');
    expect(await readSignals(page)).toMatchObject({ liked: [itemId], preferences: { mutedGenres: [] } });
  });

  it('can lift the filter that emptied the gallery, which is named there', async () => {
    const { page } = await openSkipped(newPage);
    const preferences = { releasedFrom: '2099-01-01', mutedTags: ['no such tag'] };
    await callApi('PUT', `/v1/users/${playerOf(page)}/preferences`, preferences);
    await page.reload();
    const empty = page.locator('.empty');
    expect(await empty.textContent()).toContain('You asked for games released since 2099-01-01.');
    expect(await empty.getByRole('button').allTextContents()).toEqual(['Show any year']);
    await actAndSee(page, () => empty.getByRole('button').click());
    await empty.waitFor({ state: 'detached' });
    expect(await page.locator('.gallery .card').count()).toBeGreaterThan(20);
  });
});
