// Taking back a press, and presses on games that have just moved, in a real browser.

import { expect, it } from 'vitest';
import { actAndSee, changeGalleries, describeInBrowser, poll } from './browser.ts';
import { firstCard, idOf, openFound, openSkipped, readSignals, recordSent } from './presses.ts';

describeInBrowser('a press on the page', (newPage) => {
  it('can be undone if it is a like or a dismissal', async () => {
    const { page, itemId, heart, complaints } = await openFound(newPage);
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
    const { page } = await openSkipped(newPage);
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
    const { page, itemId, heart } = await openFound(newPage);
    const sent = recordSent(page);
    await actAndSee(page, () => heart.dblclick());
    expect(sent.map((event) => [event.type, event.itemId])).toEqual([['like', itemId]]);
    expect(await heart.getAttribute('aria-pressed')).toBe('true');
  });

  it('on Dismiss, repeated where the message’s Undo has come up under the pointer, does not undo it', async () => {
    const { page } = await openSkipped(newPage);
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
    // A moment later the press is deliberate.
    await page.waitForTimeout(700);
    expect(await page.evaluate(`document.elementFromPoint(${x}, ${y}).textContent`)).toBe('Undo');
    await actAndSee(page, () => page.mouse.click(x, y));
    expect(sent.map(({ type }) => type)).toEqual(['dismiss', 'undismiss']);
  });

  it('takes back the dismissals that left nothing to show', async () => {
    const { page } = await openSkipped(newPage);
    await actAndSee(page, () => firstCard(page).locator('[data-action="dismiss"]').click());
    await poll(async () => (await readSignals(page)).dismissed.length).toBe(1);
    await changeGalleries(page, (gallery) => ({ ...gallery, rows: [], emptiedBy: ['history'] }));
    await page.reload();
    await page.locator('.empty').getByRole('button', { name: 'Show dismissed games again' }).click();
    await poll(async () => (await readSignals(page)).dismissed).toEqual([]);
    await page.locator('.empty').getByRole('button').waitFor({ state: 'detached' });
  });
});
