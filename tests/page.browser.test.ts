// The page as a player uses it, in a real browser.

import type { BrowserContextOptions, Page } from 'playwright-core';
import { expect, inject, it } from 'vitest';
import {
  actAndSee,
  addressOf,
  describeInBrowser,
  type OpenPage,
  openWelcome,
  poll,
  routeEvents,
  seeGallery,
  skipWelcome,
  unrouteEvents,
} from './browser.ts';

describeInBrowser('the page', (newPage) => {
  const openAsNewPlayer = async (options?: BrowserContextOptions): Promise<OpenPage> =>
    openWelcome(await newPage(options));
  const openAsPlayer = async (options?: BrowserContextOptions): Promise<OpenPage> => {
    const opened = await openAsNewPlayer(options);
    await skipWelcome(opened.page);
    return opened;
  };
  const playerOf = (page: Page) => new URL(page.url()).searchParams.get('player')!;
  const genresOn = (page: Page) => page.locator('.gallery .card .genre').allTextContents();
  /** Presses a button of the tuning sheet, and waits until the page shows the answer. */
  const tune = (page: Page, name: string) =>
    actAndSee(page, () =>
      page.getByRole('region', { name: 'Tune' }).getByRole('button', { name, exact: true }).click(),
    );
  const firstRow = (page: Page) => page.locator('[data-row]').first();
  const cards = (page: Page, genre: string) =>
    page.locator('.gallery .card').filter({ has: page.locator('.genre', { hasText: new RegExp(`^${genre}$`) }) });

  it('starts with a known player and switches to a new one', async () => {
    const page = await newPage();
    await page.goto(addressOf());
    await seeGallery(page);
    const whose = page.getByRole('button', { name: 'Choose a player' });
    const known = await whose.textContent();
    await whose.click();
    await page.getByRole('button', { name: 'New player' }).click();
    await page.getByRole('region', { name: 'Welcome' }).waitFor();
    expect(playerOf(page)).toMatch(/^guest-/);
    expect(await whose.textContent()).toContain(playerOf(page));
    expect(await whose.textContent()).not.toBe(known);
  });

  it('moves towards the genre of ten clicks, and shows the tier and the time of the answer', async () => {
    const { page, complaints } = await openAsPlayer({ viewport: { width: 1440, height: 900 } });
    const impressions: string[] = [];
    page.on('request', (request) => {
      for (const { type, recommendationId, itemId } of request.postDataJSON()?.events ?? [])
        if (type === 'impression') impressions.push(`${recommendationId} ${itemId}`);
    });
    const share = async (genre: string) => {
      const genres = await firstRow(page).locator('.genre').allTextContents();
      return genres.filter((one) => one === genre).length / genres.length;
    };
    const status = page.locator('.tier');
    expect(await status.textContent()).toMatch(/statistics tier in \d+ ms/);

    const genre = (await page.locator('.gallery .row:last-child .genre').first().textContent())!;
    const before = await share(genre);
    const clicked: string[] = [];
    while (clicked.length < 10) {
      const ids = await cards(page, genre).evaluateAll((all) => all.map((card) => card.getAttribute('data-item')!));
      const itemId = ids.find((id) => !clicked.includes(id))!;
      // The hand aims anew: a press on what has just moved under a resting pointer does not count.
      await page.mouse.move(0, 0);
      await actAndSee(page, () => page.locator(`.card[data-item="${itemId}"] [data-action="click"]`).first().click());
      clicked.push(itemId);
    }
    expect(await share(genre)).toBeGreaterThan(before + 0.2);
    expect(await status.textContent()).toMatch(/online tier in \d+ ms\s+release \S+/);
    await poll(() => page.locator('.taste li').first().textContent()).toContain(genre);
    expect(await page.locator('.log li').allTextContents()).toEqual(Array(10).fill(expect.stringMatching(/accepted/)));
    // Impressions are sent once for every answer: those of the last a little later, and perhaps none for one of the
    // eleven answers, if the next click replaced it before it was drawn.
    const answersSeen = () => new Set(impressions.map((impression) => impression.split(' ')[0])).size;
    await poll(answersSeen).toBeGreaterThanOrEqual(10);
    expect(new Set(impressions).size).toBe(impressions.length);
    expect(complaints).toEqual([]);
  });

  it('searches, likes, plays and dismisses, also by keyboard, and keeps the focus as the gallery changes', async () => {
    const { page, complaints } = await openAsPlayer({ reducedMotion: 'reduce' });
    const cardList = firstRow(page).locator('.cards');
    const gameAt = (position: number) => cardList.locator('.card').nth(position).getAttribute('data-item');

    // By keyboard only: from the search box to the third game of the row, whose position the fourth then takes.
    const dismissed = await gameAt(2);
    await page.getByRole('searchbox').focus();
    const focused = () => page.evaluate('document.activeElement.dataset.action');
    for (let presses = 0; (await focused()) !== 'dismiss'; presses++) {
      expect(presses).toBeLessThan(20);
      await page.keyboard.press('Tab');
    }
    const focusedGame = () => page.evaluate('document.activeElement.closest("[data-item]").dataset.item');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowRight');
    expect(await focusedGame()).toBe(dismissed);
    await actAndSee(page, () => page.keyboard.press('Enter'));
    expect(await page.locator(`[data-item="${dismissed}"]`).count()).toBe(0);
    expect(await focused()).toBe('dismiss');
    expect(await focusedGame()).toBe(await gameAt(2));

    const played = await gameAt(0);
    await actAndSee(page, () =>
      cardList
        .locator('.card')
        .first()
        .getByRole('button', { name: /^Play / })
        .click(),
    );
    // A game being played moves to its own row.
    expect(await cardList.locator(`[data-item="${played}"]`).count()).toBe(0);
    const own = page.getByRole('region', { name: 'Continue playing' });
    expect(await own.locator(`[data-item="${played}"]`).count()).toBe(1);
    expect(await page.getByRole('region', { name: /^Because you played/ }).count()).toBe(1);

    const wanted = await gameAt(0);
    const title = (await cardList.locator('.title').first().textContent())!;
    await page.getByRole('searchbox').fill(title);
    await actAndSee(page, () => page.getByRole('searchbox').press('Enter'));
    const results = page.getByRole('region', { name: 'Results for' });
    // Another gallery may come before the results: the notice of what was played.
    await poll(() => results.locator('.title').allTextContents()).toContain(title);

    // By id: a title may be part of another one.
    const found = results.locator(`[data-item="${wanted}"]`);
    await actAndSee(page, () => found.getByRole('button', { name: /^Like / }).click());
    await found.locator('.liked').waitFor();
    await results.getByRole('button', { name: 'Close the results' }).click();
    await results.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
  });

  it('asks a new player what they like, and reflects it in the next answer', async () => {
    const { page, complaints } = await openAsNewPlayer();
    const welcome = page.getByRole('region', { name: 'Welcome' });
    expect(await welcome.getByRole('button', { name: 'Pick one or more' }).isDisabled()).toBe(true);
    await welcome.getByRole('button', { name: 'Strategy' }).click();
    await welcome.locator('[aria-pressed="true"]').waitFor();
    await actAndSee(page, () => welcome.getByRole('button', { name: 'Show my gallery' }).click());
    await welcome.waitFor({ state: 'detached' });
    const genres = await firstRow(page).locator('.card .genre').allTextContents();
    expect(genres.filter((genre) => genre === 'Strategy').length / genres.length).toBeGreaterThan(0.5);
    await poll(() => page.locator('.taste li').first().textContent()).toContain('Strategy');
    await page.reload();
    await seeGallery(page);
    expect(await welcome.count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('mutes a genre, limits the age, turns the popularity dial, and mutes from the explanation of a game', async () => {
    const { page, complaints } = await openAsPlayer();
    const [genre] = (await genresOn(page)) as [string];
    await page.getByRole('button', { name: 'Tune the gallery' }).click();
    await tune(page, genre);
    expect(await genresOn(page)).not.toContain(genre);
    await tune(page, `Show ${genre} again`);
    expect(await genresOn(page)).toContain(genre);

    const { rows } = await tune(page, 'Up to 6');
    const ages = rows.flatMap(({ items }) => items.map(({ item }) => item!.ageRating!));
    expect(ages.length).toBeGreaterThan(20);
    expect(Math.max(...ages)).toBeLessThanOrEqual(6);
    await tune(page, 'Last 2 years');
    await page.locator('.tune [aria-pressed="true"]', { hasText: 'Last 2 years' }).waitFor();
    await tune(page, 'Reset');

    const popularFirst = async () =>
      firstRow(page)
        .locator('[data-item]')
        .evaluateAll((all) => all.map((one) => one.getAttribute('data-item')));
    const balanced = await popularFirst();
    await actAndSee(page, () => page.getByRole('slider').fill('-1'));
    expect(await popularFirst()).not.toEqual(balanced);
    const why = page.locator('.why');
    await page.keyboard.press('Escape');

    // The explanation of a game, and muting its genre there.
    const card = page.locator('.gallery .card').first();
    const title = (await card.locator('.title').textContent())!;
    await card.hover();
    await card.getByRole('button', { name: `Why ${title}?`, exact: true }).click();
    await why.locator('.verdict').waitFor();
    expect(await why.textContent()).toMatch(/Ranked \d+ of \d+ candidates/);
    const mute = why.getByRole('button', { name: /^Mute / }).first();
    const muted = (await mute.textContent())!.slice('Mute '.length);
    await actAndSee(page, () => mute.click());
    expect(await genresOn(page)).not.toContain(muted);
    expect(complaints).toEqual([]);
  });

  it('searches as the player types, despite typing errors, and explains a game outside the gallery', async () => {
    const { page, complaints } = await openAsPlayer();
    const card = page.locator('.gallery .card').first();
    const itemId = await card.getAttribute('data-item');
    const title = (await card.locator('.title').textContent())!;
    await actAndSee(page, () => card.getByRole('button', { name: `Play ${title}`, exact: true }).click());
    const typo = title.length > 6 ? title.slice(0, 3) + title.slice(4) : title;
    await page.getByRole('searchbox').pressSequentially(typo);
    const results = page.getByRole('region', { name: 'Results for' });
    await poll(() => results.locator('.title').allTextContents()).toContain(title);
    const found = results.locator(`[data-item="${itemId}"]`);
    await found.hover();
    await found.getByRole('button', { name: `Why ${title}?`, exact: true }).click();
    await page.locator('.why .verdict').waitFor();
    expect(await page.locator('.why .verdict').textContent()).toMatch(/played|Continue|lately/i);
    expect(complaints).toEqual([]);
  });

  it('follows the same player’s events from another device through the stream', async () => {
    const { page, complaints } = await openAsPlayer();
    const userId = playerOf(page);
    const itemId = await page.locator('.gallery .card').first().getAttribute('data-item');
    await actAndSee(page, async () => {
      const response = await fetch(`${inject('url')}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${inject('adminKey')}`, 'content-type': 'application/json' },
        body: JSON.stringify({ events: [{ id: 'elsewhere', userId, type: 'play', itemId, value: 60 }] }),
      });
      expect(response.status).toBe(202);
    });
    expect(await page.locator('.notice').textContent()).toMatch(/^Gallery ready at .*, \d+ new games$/);
    await page.getByRole('region', { name: 'Continue playing' }).locator(`[data-item="${itemId}"]`).waitFor();
    expect(complaints).toEqual([]);
  });

  it('fits a phone', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };
    const { page, complaints } = await openAsNewPlayer(phone);
    const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
    expect(await overflow()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it('shows a problem in words, and continues after “Try again”', async () => {
    const { page } = await openAsPlayer();
    await routeEvents(page, (route) =>
      route.fulfill({ status: 503, json: { title: 'Not possible just now', status: 503, detail: 'Send it again.' } }),
    );
    await page.locator('.card [data-action="like"]').first().click();
    const alert = page.getByRole('alert');
    expect(await alert.textContent()).toContain('Not possible just now · Send it again.');
    await unrouteEvents(page);
    await alert.getByRole('button', { name: 'Try again' }).click();
    await alert.waitFor({ state: 'detached' });
  });
});
