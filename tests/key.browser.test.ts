// The ways in which the page gets its key.

import { expect, inject, it } from 'vitest';
import { addressOf, describeInBrowser, KNOWN_PLAYER, seeGallery } from './browser.ts';

describeInBrowser('the key of the page', (newPage) => {
  const hasKey = (text: string) => text.includes(inject('adminKey'));

  it('is taken from the address that npm start prints, and is in no address afterwards', async () => {
    const page = await newPage();
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(addressOf(KNOWN_PLAYER));
    await seeGallery(page);
    expect(page.url()).toBe(`${inject('url')}/?player=${KNOWN_PLAYER}`);
    expect(requested.length).toBeGreaterThan(3);
    // Chromium reports the fragment of the page's own address, although it does not send it.
    expect(requested.map((url) => url.split('#')[0]!).filter(hasKey)).toEqual([]);
    await page.reload();
    await seeGallery(page);
  });

  it('is asked for without one, and taken from an address that is opened later in the same tab', async () => {
    const page = await newPage();
    await page.goto(`${inject('url')}/?player=${KNOWN_PLAYER}`);
    await page.getByLabel('Key').fill('wrong');
    await page.getByRole('button', { name: 'Open the gallery' }).click();
    await page.getByRole('alert').filter({ hasText: 'unknown' }).waitFor();
    await page.goto(addressOf(KNOWN_PLAYER));
    await seeGallery(page);
    expect(hasKey(page.url())).toBe(false);
  });

  it('is asked for if the address has one that cannot be decoded', async () => {
    const page = await newPage();
    await page.goto(`${inject('url')}/?player=${KNOWN_PLAYER}#key=%`);
    await page.getByRole('alert').filter({ hasText: 'unknown' }).waitFor();
    await page.getByLabel('Key').waitFor();
  });

  it('is at no address of the Worker, wherever a request claims to come from', async () => {
    for (const path of ['/local/key', '/health']) {
      const headers = { 'mf-original-url': 'http://localhost/local/key' };
      const response = await fetch(`${inject('url')}${path}`, { headers });
      expect([response.status, hasKey(await response.text())]).toEqual([404, false]);
    }
  });
});
