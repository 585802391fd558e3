// Measures the page in a real browser: from a click on a game to the first changed frame, to the next gallery in view,
// and to all its rows.
// Starts no server: `npm start` does.

import type { Page } from 'playwright-core';
import { findChromium, launchChromium } from '../local/browser.ts';
import { isHealthy } from '../local/local-server.ts';

const WARM_UP_CLICKS = 5;
const CLICKS = 40;
/** Between clicks, so that the animations and backup gallery of one do not slow the next. */
const PAUSE_MS = 400;
const ANSWER_TIMEOUT_MS = 15_000;
const VIEWPORT = { width: 1440, height: 900 };

export interface PageReport {
  clicks: number;
  firstFrameMs: Spread;
  /** The rows in view show the next gallery. */
  changedMs: Spread;
  /** All rows do. */
  completeMs: Spread;
}
interface Spread {
  median: number;
  p90: number;
  max: number;
}
interface ClickTimes {
  firstFrameMs: number;
  changedMs: number;
  completeMs: number;
}

/** Throws if Chromium is missing or the server does not answer. */
export async function benchPage(url: string, key: string, log: (message: string) => void): Promise<PageReport> {
  // The browser's own error would print the address, which contains the key.
  if (!(await isHealthy(url, ANSWER_TIMEOUT_MS))) throw new Error(`${url} does not answer: run npm start first`);
  const chromium = findChromium();
  if (chromium === undefined) throw new Error('there is no chromium here: install it, or set CHROMIUM_PATH');
  const browser = await launchChromium(chromium);
  try {
    const page = await browser.newPage({ viewport: VIEWPORT });
    await page.goto(`${url}/?player=bench-${Date.now()}#key=${encodeURIComponent(key)}`);
    await page.getByRole('button', { name: 'Skip' }).click();
    log(`${CLICKS} clicks …`);
    const times: ClickTimes[] = [];
    for (let click = 0; click < WARM_UP_CLICKS + CLICKS; click++) {
      const time = await timeClick(page, click);
      if (click >= WARM_UP_CLICKS) times.push(time);
      await page.waitForTimeout(PAUSE_MS);
    }
    return {
      clicks: CLICKS,
      firstFrameMs: describeSpread(times.map(({ firstFrameMs }) => firstFrameMs)),
      changedMs: describeSpread(times.map(({ changedMs }) => changedMs)),
      completeMs: describeSpread(times.map(({ completeMs }) => completeMs)),
    };
  } finally {
    await browser.close();
  }
}

/** Clicks the visible cards in turn. */
async function timeClick(page: Page, click: number): Promise<ClickTimes> {
  await page.evaluate(WATCH_NEXT_CLICK);
  const card = page
    .locator('[data-row]')
    .first()
    .locator('.card [data-action="click"]')
    .nth(click % 4);
  await card.click();
  return (await page.evaluate('window.clickTimes')) as ClickTimes;
}

/** Script of the page. Each time ends at a frame drawn after a change of the document. */
const WATCH_NEXT_CLICK = `window.clickTimes = new Promise((resolve) => {
  addEventListener('click', ({ timeStamp }) => {
    const gallery = document.querySelector('[data-answer]');
    const shown = gallery.dataset.answer;
    const times = {};
    const note = (name) => {
      if (name in times) return;
      times[name] = undefined;
      requestAnimationFrame(() =>
        setTimeout(() => {
          times[name] = performance.now() - timeStamp;
          if (name === 'completeMs') resolve(times);
        }),
      );
    };
    const observer = new MutationObserver(() => {
      note('firstFrameMs');
      if (gallery.dataset.answer === shown) return;
      note('changedMs');
      if (gallery.ariaBusy === 'true') return;
      observer.disconnect();
      note('completeMs');
    });
    observer.observe(document.getElementById('app'), { subtree: true, childList: true, attributes: true });
  }, { capture: true, once: true });
}); undefined`;

function describeSpread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!;
  return { median: at(0.5), p90: at(0.9), max: at(1) };
}

export const formatPage = ({ clicks, firstFrameMs, changedMs, completeMs }: PageReport): string => {
  const line = (name: string, { median, p90, max }: Spread) =>
    `${name.padEnd(28)}${[median, p90, max].map((ms) => ms.toFixed(0).padStart(9)).join('')}`;
  return `${`${clicks} clicks, ms`.padEnd(28)}   median      p90      max
${line('click → first frame', firstFrameMs)}
${line('click → changed page', changedMs)}
${line('click → all rows', completeMs)}`;
};
