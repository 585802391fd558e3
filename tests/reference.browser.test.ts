// The API reference in a browser: it loads from this Worker alone, keeps to its policy, and explains each problem.

import { expect, inject, it } from 'vitest';
import { describeInBrowser } from './browser.ts';

describeInBrowser('the API reference', (newPage) => {
  it('loads everything from here, shows an operation with its example, and fits a phone', async () => {
    const page = await newPage({ viewport: { width: 390, height: 844 } });
    const foreign: string[] = [];
    const complaints: string[] = [];
    page.on('request', (request) => {
      if (!/^(?:data|blob):/.test(request.url()) && new URL(request.url()).origin !== new URL(inject('url')).origin)
        foreign.push(request.url());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    const response = await page.goto(`${inject('url')}/docs`);
    const policy = response!.headers()['content-security-policy'];
    for (const directive of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"])
      expect(policy).toContain(directive);
    await page.locator('#operations-Events-postEvents .opblock-summary-control').click();
    await page.getByText('"accepted"').first().waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0);
    expect(foreign).toEqual([]);
    expect(complaints).toEqual([]);
  });

  it('shows the meaning of the problem that an answer names', async () => {
    const answer = await fetch(`${inject('url')}/v1/events`, { method: 'POST' });
    const { type } = (await answer.json()) as { type: string };
    expect(type).toBe('/docs#problem-unauthorized');
    const page = await newPage();
    await page.goto(`${inject('url')}${type}`);
    await page.locator('.opblock').first().waitFor();
    expect(await page.locator('#problem-unauthorized dd').textContent()).toContain('Authorization: Bearer');
    const isInView = `(() => {
      const { top, bottom } = document.querySelector('#problem-unauthorized').getBoundingClientRect();
      return bottom > top && top >= 0 && bottom <= innerHeight;
    })()`;
    expect(await page.evaluate(isInView)).toBe(true);
  });
});
