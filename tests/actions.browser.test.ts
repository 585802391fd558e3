// The effects of a press, in a real browser: feedback, sending, retrying, undo; and the Back button.

import type { Page } from 'playwright-core';
import { expect, inject, it } from 'vitest';
import type { EventInput } from '../models/contracts/event.ts';
import type { Gallery } from '../models/contracts/gallery.ts';
import type { UserState } from '../models/contracts/signals.ts';
import {
  actAndSee,
  changeGalleries,
  describeInBrowser,
  openGallery,
  openWelcome,
  poll,
  routeEvents,
  seeGallery,
  sendsEvents,
  skipWelcome,
  unrouteEvents,
} from './browser.ts';

const playerOf = (page: Page) => new URL(page.url()).searchParams.get('player')!;
const callApi = async <T>(method: string, path: string, body?: object): Promise<T> => {
  const response = await fetch(`${inject('url')}${path}`, {
    method,
    headers: { authorization: `Bearer ${inject('adminKey')}`, 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  expect(response.ok).toBe(true);
  return (await response.json()) as T;
};
const readSignals = (page: Page) => callApi<UserState>('GET', `/v1/users/${playerOf(page)}/signals`);
const firstCard = (page: Page) => page.locator('.gallery .card').first();
const idOf = async (page: Page) => (await firstCard(page).getAttribute('data-item'))!;
/** Records all events that the page sends from now on, except impressions. */
function recordSent(page: Page): EventInput[] {
  const sent: EventInput[] = [];
  page.on('request', (request) => {
    if (sendsEvents(request))
      sent.push(...request.postDataJSON().events.filter(({ type }: EventInput) => type !== 'impression'));
  });
  return sent;
}
const countGalleries = (page: Page) => {
  const count = { galleries: 0 };
  page.on('request', (request) => {
    if (request.url().includes('/gallery?expand')) count.galleries++;
  });
  return count;
};

/** Closes the page before its requests get through again, so that they are sent by the next. */
async function reopen(page: Page, unblock: () => Promise<void>): Promise<void> {
  const url = page.url();
  await page.goto('about:blank');
  await unblock();
  await page.goto(url);
}

describeInBrowser('a press on the page', (newPage) => {
  const open = async () => {
    const opened = await openWelcome(await newPage({ viewport: { width: 1280, height: 900 } }));
    await skipWelcome(opened.page);
    return opened;
  };

  it('has everything forgotten, after asking', async () => {
    const { page } = await open();
    await actAndSee(page, () => firstCard(page).getByRole('button', { name: /^Like/ }).click());
    const press = (name: string) =>
      page.getByRole('region', { name: 'Tune' }).getByRole('button', { name, exact: true }).click();
    await page.getByRole('button', { name: 'Tune the gallery' }).click();
    const sent = recordSent(page);
    await press('Forget what I did');
    await press('Keep it');
    await press('Forget what I did');
    expect(sent).toEqual([]);
    await actAndSee(page, () => press('Forget it'));
    expect(sent.map(({ type }) => type)).toEqual(['reset']);
    expect(await readSignals(page)).toMatchObject({ history: [], liked: [] });
  });

  it('shows its effect within a frame, before the server has answered', async () => {
    const { page } = await open();
    await routeEvents(page, async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      await route.continue();
    });
    const itemId = await idOf(page);
    const shown = await page.evaluate(`new Promise((resolve) => {
      const button = document.querySelector('[data-item="${itemId}"] [data-action="like"]');
      button.click();
      requestAnimationFrame(() => resolve([
        button.getAttribute('aria-pressed'),
        button.closest('[data-item]').dataset.pending,
        document.querySelector('.log li small')?.textContent,
      ]));
    })`);
    expect(shown).toEqual(['true', 'like', 'sending …']);
    await poll(() => page.locator('.log li').first().textContent()).toMatch(/Liked .*accepted · \d+ ms/);
  });

  /** Opens search results: a game stays there whatever the player does with it. */
  const openFound = async () => {
    const opened = await open();
    const title = (await firstCard(opened.page).locator('.title').textContent())!;
    const itemId = await idOf(opened.page);
    await opened.page.getByRole('searchbox').fill(title);
    const found = opened.page.getByRole('region', { name: 'Results for' }).locator(`[data-item="${itemId}"]`);
    await found.waitFor();
    return { ...opened, itemId, heart: found.locator('[data-action="like"]') };
  };

  it('is kept if made offline, and sent when the browser is online again or the page is reopened', async () => {
    const { page, itemId, heart } = await openFound();
    const log = page.locator('.log li').first();
    await page.context().setOffline(true);
    await heart.click();
    await poll(() => log.textContent()).toMatch(/Liked .*not sent yet, will be sent again/);
    expect(await page.getByRole('alert').textContent()).toContain('You are offline.');
    await page.context().setOffline(false);
    await poll(() => log.textContent()).toMatch(/Liked .*accepted/);
    await page.getByRole('alert').waitFor({ state: 'detached' });
    expect((await readSignals(page)).liked).toEqual([itemId]);

    await routeEvents(page, (route) => route.abort());
    await heart.click();
    await poll(() => log.textContent()).toMatch(/No longer liked .*not sent yet/);
    await reopen(page, () => unrouteEvents(page));
    await poll(() => log.textContent()).toMatch(/No longer liked .*accepted/);
    expect((await readSignals(page)).liked).toEqual([]);
  });

  it.each([
    ['ahead', 600_000],
    ['behind', -600_000],
  ])('counts from the server’s clock where the player’s is %s', async (_, offByMs) => {
    const { page, itemId, heart } = await openFound();
    await page.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${offByMs}; }`);
    // By another device, which is right.
    const event = { id: crypto.randomUUID(), userId: playerOf(page), type: 'like', itemId };
    await callApi('POST', '/v1/events', { events: [event] });
    await page.reload();
    await poll(async () => (await heart.count()) && heart.getAttribute('aria-pressed')).toBe('true');
    const sent = recordSent(page);
    await actAndSee(page, () => heart.click());
    expect((await readSignals(page)).liked).toEqual([]);
    expect(sent.map(({ timestamp }) => timestamp)).toEqual([undefined]);

    const log = page.locator('.log li').first();
    await actAndSee(page, () => heart.click());
    await page.context().setOffline(true);
    const before = Date.now();
    await heart.click();
    await poll(() => log.textContent()).toMatch(/No longer liked .*not sent yet/);
    await page.context().setOffline(false);
    await poll(() => log.textContent()).toMatch(/No longer liked .*accepted/);
    expect((await readSignals(page)).liked).toEqual([]);
    const { timestamp } = sent.at(-1)!;
    expect(timestamp).toBeGreaterThan(before - 1_000);
    expect(timestamp).toBeLessThanOrEqual(Date.now());
  });

  it('that the server rejects is reported, and taken back on the page', async () => {
    const { page, heart } = await openFound();
    await routeEvents(page, (route) => {
      const events: EventInput[] = route.request().postDataJSON().events;
      const results = events.map(({ id }) => ({ id, status: 'rejected', reason: 'value: no' }));
      return route.fulfill({ status: 202, json: { results } });
    });
    await heart.click();
    const alert = page.getByRole('alert');
    await poll(() => alert.textContent()).toMatch(/^The server rejected “Liked .*” · value: no/);
    await poll(() => heart.getAttribute('aria-pressed')).toBe('false');
    expect(await page.locator('.message').textContent()).toBe('');
    expect(await page.locator('.log li').first().textContent()).toContain('value: no');
    expect(await page.evaluate('Object.keys(localStorage)')).toEqual([]);
  });

  it('that waits is sent apart from what another player’s unavailable object refuses', async () => {
    const { page } = await open();
    const keep = (userId: string) => {
      const event = { id: crypto.randomUUID(), userId, type: 'like', itemId: 'no-such-game' };
      return [`bloodstream-unsent:${event.id}`, JSON.stringify({ event, createdAt: Date.now(), text: 'Liked it' })];
    };
    const other = `guest-${crypto.randomUUID()}`;
    const entries = [keep(other), keep(playerOf(page)), ['bloodstream-unsent:broken', '{']];
    await page.evaluate((all) => {
      for (const [key, value] of all) localStorage.setItem(key!, value!);
    }, entries);
    await routeEvents(page, (route) =>
      route.request().postData()!.includes(other) ? route.fulfill({ status: 503, json: {} }) : route.fallback(),
    );
    await page.reload();
    await poll(() => page.evaluate('Object.keys(localStorage)')).toEqual([entries[0]![0]]);
    await poll(() => page.locator('.log li').allTextContents()).toEqual([expect.stringMatching(/Liked it.*accepted/)]);
  });

  it('can be undone if it is a like or a dismissal', async () => {
    const { page, itemId, heart, complaints } = await openFound();
    expect(await heart.getAttribute('aria-pressed')).toBe('false');
    await actAndSee(page, () => heart.click());
    expect((await readSignals(page)).liked).toEqual([itemId]);
    await page.reload();
    await poll(async () => (await heart.count()) && heart.getAttribute('aria-pressed')).toBe('true');
    await actAndSee(page, () => heart.click());
    expect(await heart.getAttribute('aria-pressed')).toBe('false');
    expect((await readSignals(page)).liked).toEqual([]);

    const message = page.locator('.message');
    await actAndSee(page, () => heart.locator('..').locator('[data-action="dismiss"]').click());
    await heart.waitFor({ state: 'detached' });
    expect((await readSignals(page)).dismissed).toEqual([itemId]);
    expect(await message.getByRole('status').textContent()).toMatch(/^Dismissed /);
    await actAndSee(page, () => message.getByRole('button', { name: 'Undo' }).click());
    await heart.waitFor();
    expect((await readSignals(page)).dismissed).toEqual([]);
    expect(await message.textContent()).toBe('');
    expect(complaints).toEqual([]);
  });

  it('does not land on a game that has just moved under the pointer, and a double click plays one game', async () => {
    const { page } = await open();
    const sent = recordSent(page);
    await firstCard(page).scrollIntoViewIfNeeded();
    const play = await firstCard(page).locator('[data-action="play"]').boundingBox();
    const [x, y] = [play!.x + play!.width / 2, play!.y + play!.height / 2];
    const played = await idOf(page);
    // Runs in the page, so that the press comes two frames after the change, however busy the machine is.
    await page.evaluate(`window.pressed = new Promise((resolve) => {
      const { answer } = document.querySelector('[data-answer]').dataset;
      new MutationObserver((_, observer) => {
        if (document.querySelector('[data-answer]').dataset.answer === answer) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => {
          const button = document.elementFromPoint(${x}, ${y}).closest('[data-action]');
          button.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1 }));
          resolve(button.dataset.action + ' ' + button.closest('[data-item]').dataset.item);
        }));
      }).observe(document.getElementById('app'), { subtree: true, attributes: true });
    }); undefined`);
    await actAndSee(page, () => page.mouse.dblclick(x, y));
    const moved = await idOf(page);
    expect(moved).not.toBe(played);
    expect(await page.evaluate('window.pressed')).toBe(`play ${moved}`);
    expect(sent.map(({ type, itemId }) => [type, itemId])).toEqual([['play', played]]);
    // Once it is drawn, and after a pause, the player aims at the new game.
    await page.evaluate('new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)))');
    await page.waitForTimeout(700);
    const next = await idOf(page);
    await actAndSee(page, () => page.mouse.click(x, y));
    expect(sent.at(-1)).toMatchObject({ type: 'play', itemId: next });
  });

  it('twice in a double click counts once, where the game stays and the second would undo the first', async () => {
    const { page, itemId, heart } = await openFound();
    const sent = recordSent(page);
    await actAndSee(page, () => heart.dblclick());
    expect(sent.map((event) => [event.type, event.itemId])).toEqual([['like', itemId]]);
    expect(await heart.getAttribute('aria-pressed')).toBe('true');
  });

  it('on Dismiss, repeated where the message’s Undo has come up under the pointer, does not undo it', async () => {
    const { page } = await open();
    await firstCard(page).scrollIntoViewIfNeeded();
    const dismiss = await firstCard(page).locator('[data-action="dismiss"]').boundingBox();
    const [x, y] = [dismiss!.x + dismiss!.width / 2, dismiss!.y + dismiss!.height / 2];
    // Undo covers the whole page, and is pressed by a script as soon as it is there.
    await page.evaluate(`{
      const sheet = new CSSStyleSheet();
      const fullScreen = 'position: fixed; inset: 0; width: 100vw; height: 100vh; border-radius: 0';
      sheet.replaceSync('.message .quiet { ' + fullScreen + ' }');
      document.adoptedStyleSheets = [sheet];
      let pressedAt;
      addEventListener('click', ({ timeStamp }) => (pressedAt = timeStamp), { capture: true, once: true });
      window.isStopped = new Promise((resolve) => {
        new MutationObserver((_, observer) => {
          const undo = document.querySelector('.message .quiet');
          if (!undo) return;
          observer.disconnect();
          const where = { clientX: ${x}, clientY: ${y} };
          const press = new MouseEvent('click', { bubbles: true, cancelable: true, detail: 1, ...where });
          // Right after the first, however busy the machine is.
          Object.defineProperty(press, 'timeStamp', { value: pressedAt + 200 });
          resolve(!undo.dispatchEvent(press));
        }).observe(document.getElementById('app'), { childList: true, subtree: true });
      });
    } undefined`);
    const sent = recordSent(page);
    await actAndSee(page, () => page.mouse.dblclick(x, y));
    expect(await page.evaluate('window.isStopped')).toBe(true);
    expect(await page.locator('.message').getByRole('status').textContent()).toMatch(/^Dismissed /);
    expect(sent.map(({ type }) => type)).toEqual(['dismiss']);
    // A moment later it is the player's own aim.
    await page.waitForTimeout(700);
    expect(await page.evaluate(`document.elementFromPoint(${x}, ${y}).textContent`)).toBe('Undo');
    await actAndSee(page, () => page.mouse.click(x, y));
    expect(sent.map(({ type }) => type)).toEqual(['dismiss', 'undismiss']);
  });

  it('takes back the dismissals that left nothing to show', async () => {
    const { page } = await open();
    await actAndSee(page, () => firstCard(page).locator('[data-action="dismiss"]').click());
    await poll(async () => (await readSignals(page)).dismissed.length).toBe(1);
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [], emptiedBy: ['history'] }));
    await page.reload();
    await page.locator('.empty').getByRole('button', { name: 'Show dismissed games again' }).click();
    await poll(async () => (await readSignals(page)).dismissed).toEqual([]);
    await page.locator('.empty').getByRole('button').waitFor({ state: 'detached' });
  });

  it.each([
    ['top', 0],
    ['end', Number.MAX_SAFE_INTEGER],
  ])('changes the rows in view first, then all others, at the %s of the gallery', async (_, top) => {
    const { page } = await open();
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
    expect(all.map(([id]) => id)).toEqual(expected.map(([id]) => id));
    expect(all).not.toEqual(expected);
    expect(await page.evaluate('window.listRows()')).toEqual(expected);
  });

  it('is distinguished by id from events of another device, even right after it', async () => {
    const { page } = await open();
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

  it('mutes a genre or shows less of it, says so, and can be undone', async () => {
    const { page, complaints } = await open();
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
    const { page } = await open();
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
    const { page } = await open();
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
    const { page, heart, itemId } = await openFound();
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
    const { page } = await open();
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

  it('does not read that there are no games if the page could not be composed', async () => {
    const { page } = await open();
    const degraded: Gallery['degraded'] = [{ step: 'composition', reason: 'a bug' }];
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [], degraded }));
    await page.reload();
    await poll(() => page.locator('.empty').textContent()).toContain('No games can be shown at the moment');
  });

  it('that only dismisses does not show “Nothing is known” or a reason from played games', async () => {
    const { page } = await open();
    await actAndSee(page, () => firstCard(page).locator('[data-action="dismiss"]').click());
    await poll(() => page.locator('.taste').textContent()).toContain('No favourite genre is known yet.');
    expect(await page.locator('.taste').textContent()).not.toContain('Nothing is known');
    expect(await page.locator('.gallery').textContent()).not.toContain('From what you played');
  });

  it('scrolls search results into view, and does not present its limit as the number of matches', async () => {
    const { page } = await open();
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
