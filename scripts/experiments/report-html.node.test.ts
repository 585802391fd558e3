import { expect, it } from 'vitest';
import { findViolations } from '../../tests/axe.ts';
import { describeInBrowser } from '../../tests/browser.ts';
import { makeExperiment } from '../../tests/experiment.ts';
import { makeReport } from '../../tests/experiment-reports.ts';
import { renderReport } from './report-html.ts';

const madeAt = '2026-11-27T06:30:00Z';
const experiment = makeExperiment();
const harmful = makeExperiment({
  stoppedVariants: [{ id: 'short', reason: 'dismissal-rate', at: '2026-11-22T10:00:00Z' }],
});
const interleaved = makeExperiment({ kind: 'interleaving' });
const points = [8, 3, 1.5, 1.2].map((width, day) => ({
  at: `2026-11-2${day + 1}T06:00:00Z`,
  variant: 'short',
  difference: 0.01,
  interval: [0.01 - 0.01 * width, 0.01 + 0.01 * width] as const,
}));

const shadows = [
  { variant: 'late', answers: 1_200, failed: 1, overlap: 0.625, shownValue: 0.1234, shadowValue: 0.13 },
  { variant: 'new', answers: 0, failed: 0, overlap: null, shownValue: null, shadowValue: null },
];

/** Each with the heading of its verdict. */
const REPORTS = {
  '“short” is better': renderReport(experiment, makeReport(experiment, { lift: { 'click-rate': 0.2 } }), {
    madeAt,
    points,
  }),
  '“short” is worse': renderReport(experiment, makeReport(experiment, { lift: { 'click-rate': -0.2 } }), { madeAt }),
  '“short”: not known yet': renderReport(experiment, makeReport(experiment), { madeAt, points, shadows }),
  '“short” does harm': renderReport(harmful, makeReport(harmful, { lift: { 'dismissal-rate': 0.5 } }), { madeAt }),
  '“short” cannot be judged': renderReport(experiment, makeReport(experiment, { usersOfVariant: 1_200 }), { madeAt }),
};
const PREFERENCE = renderReport(interleaved, makeReport(interleaved), { madeAt });

describeInBrowser('a report as a picture', (newPage) => {
  it('says its verdict first, and is accessible in light and dark, on a phone and a desktop', async () => {
    const screens = [
      { viewport: { width: 360, height: 800 }, colorScheme: 'dark' },
      { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
    ] as const;
    for (const screen of screens) {
      const page = await newPage(screen);
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) => complaints.push(request.url()));
      for (const [verdict, report] of [...Object.entries(REPORTS), ['“short” is better', PREFERENCE] as const]) {
        await page.setContent(report);
        expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toBe(verdict);
        expect(await findViolations(page)).toEqual([]);
        // Tables scroll by themselves; the page does not.
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      }
      expect(complaints).toEqual([]);
    }
  });

  it('draws the interval of every metric where its figures say', async () => {
    const page = await newPage({ viewport: { width: 1280, height: 900 } });
    await page.setContent(REPORTS['“short” is better']);
    const row = page.getByRole('region', { name: 'Primary metric' }).getByRole('row').nth(1);
    await row.getByText('All players').waitFor();
    const label = await row.getByRole('img').getAttribute('aria-label');
    const figures = await row.getByText('▲ better').locator('xpath=..').textContent();
    const [, low, high] = /\((\S+) to (\S+)\)/.exec(figures!)!;
    expect(label).toBe(`between ${low} and ${high}`);
    // The bar is right of the dashed line.
    const [zero, bar] = await Promise.all(
      ['.zero', '.bar'].map(async (part) => Number(await row.locator(part).getAttribute('x1'))),
    );
    expect(bar!).toBeGreaterThan(zero!);
    await page.getByRole('img', { name: 'short from 2026-11-21 to 2026-11-24: at last +1%' }).waitFor();
  });
});

it('shows what is in the experiment as text, never as HTML', () => {
  const evil = makeExperiment({ hypothesis: '<script>alert(1)</script> & "more"', experimentId: "a<b'c" });
  const page = renderReport(evil, makeReport(evil), { madeAt });
  expect(page).not.toContain('<script');
  expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;');
  expect(page).toContain('<title>a&lt;b&#39;c: report of an experiment</title>');
  // Self-contained: no address but that of nothing.
  expect(page).not.toMatch(/https?:|url\(|src=|href=/);
});

it('explains each verdict in words', () => {
  expect(REPORTS['“short” is better']).toMatch(
    /Clicks per impression: 2\d\.?\d*%, against \d+\.?\d*% for the control\./,
  );
  expect(REPORTS['“short”: not known yet']).toMatch(/some [\d,]+ more players will probably|any realistic number/);
  expect(REPORTS['“short” does harm']).toContain('It was stopped on 2026-11-22: dismissal-rate.');
  expect(REPORTS['“short” cannot be judged']).toContain('Players are lost on one side');
  expect(REPORTS['“short” cannot be judged']).not.toContain('Other metrics');
  expect(PREFERENCE).toContain('400 players clicked 1,100 times: 210 of them more often on its picks');
});

it('compares shadows with what was shown', () => {
  const cells = [...REPORTS['“short”: not known yet'].matchAll(/<td class="number">([^<]*)<\/td>/g)].map(
    ([, text]) => text,
  );
  const at = cells.indexOf('1,200');
  expect(cells.slice(at, at + 10)).toEqual(['1,200', '1', '62.5%', '0.130', '0.123', '0', '0', '–', '–', '–']);
  expect(REPORTS['“short” is better']).not.toContain('Shadows');
});

it('leaves out the picture over time with fewer than two points', () => {
  const report = makeReport(experiment);
  expect(renderReport(experiment, report, { madeAt, points: points.slice(0, 1) })).not.toContain('Over time');
  expect(renderReport(experiment, report, { madeAt, points: points.slice(0, 2) })).toContain('Over time');
});
