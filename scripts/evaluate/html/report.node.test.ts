// Tests of the report of an evaluation, on a few players whose groups can be counted by hand.

import { expect, it, test } from 'vitest';
import type { EvaluationCase } from '../../../models/evaluation/cases.ts';
import { LIST_LENGTH } from '../../../models/evaluation/ranking.ts';
import { findViolations } from '../../../tests/axe.ts';
import { describeInBrowser } from '../../../tests/browser.ts';
import { makeItem } from '../../../tests/item.ts';
import type { Measured } from '../measure.ts';
import { groupByHistory, groupByPopularity } from './groups.ts';
import { renderEvaluation } from './report.ts';

const itemIds = Array.from({ length: 120 }, (_, n) => `g${n}`);
const played = (count: number) => itemIds.slice(0, count).map((itemId) => ({ itemId, weight: 1, ageDays: 1 }));
/** Next: the most popular game, the twentieth, and one that nobody has played. */
const cases: EvaluationCase[] = [
  { history: played(1), targets: ['g0'] },
  { history: played(2), targets: ['g19'] },
  { history: played(6), targets: ['unknown'] },
];
const players = new Map(itemIds.map((itemId, n) => [itemId, 1_000 - n]));

/** `found`: by player, whether the next game is on the list. */
function measure(algorithm: string, found: readonly boolean[], curve: Measured['curve'] = []): Measured {
  const lists = new Int32Array(cases.length * LIST_LENGTH).fill(-1);
  for (const [n, { targets }] of cases.entries()) if (found[n]) lists[n * LIST_LENGTH] = itemIds.indexOf(targets[0]!);
  const ndcgAt10 = Float64Array.from(found, Number);
  const value = ndcgAt10.reduce((sum, one) => sum + one, 0) / found.length;
  const names = ['hitRate@10', 'ndcg@10', 'recall@20', 'ndcg@100', 'mrr'];
  const all = <T>(of: T) => Object.fromEntries(names.map((name) => [name, of]));
  const result = {
    ...{ algorithm, parameters: {}, trainSeconds: 1, peakMemoryMB: 1, fileMB: 1, forwardMs: 0.25 },
    metrics: { ...all(value), 'coverage@10': 0.1, 'novelty@10': 2 },
    ci95: all([value / 2, (1 + value) / 2]),
  };
  return { result, ndcgAt10, curve, lists, itemIds } as unknown as Measured;
}

const curve = [
  { seconds: 1, ndcgAt10: 0.1 },
  { seconds: 3, ndcgAt10: 0.4 },
];
const measured = [measure('popularity', [true, false, false]), measure('ease', [true, true, false], curve)];

test('players are grouped by their history, next games by their popularity', () => {
  expect(groupByHistory(measured, cases)).toEqual([
    { name: '1–2', size: 2, values: { popularity: 0.5, ease: 1 } },
    { name: '6–10', size: 1, values: { popularity: 0, ease: 0 } },
  ]);
  expect(groupByPopularity(measured, cases, players)).toEqual([
    { name: '1–10', size: 1, values: { popularity: 1, ease: 1 } },
    { name: '11–100', size: 1, values: { popularity: 0, ease: 1 } },
    { name: 'after 1000', size: 1, values: { popularity: 0, ease: 0 } },
  ]);
});

const report = renderEvaluation({
  title: 'games <b>',
  facts: '3 players',
  selected: 'ease',
  measured,
  cases,
  catalogue: new Map([['g19', { ...makeItem('g19'), title: 'Nineteen & <i>' }]]),
  players,
});

describeInBrowser('the report of an evaluation', (newPage) => {
  it('shows tables, curves and lists, is accessible in light and dark, and loads nothing', async () => {
    for (const screen of [
      { viewport: { width: 360, height: 800 }, colorScheme: 'dark' },
      { viewport: { width: 1280, height: 900 }, colorScheme: 'light' },
    ] as const) {
      const page = await newPage(screen);
      const complaints: string[] = [];
      page.on('console', (message) => complaints.push(message.text()));
      page.on('request', (request) => complaints.push(request.url()));
      await page.setContent(report);
      await page.getByRole('heading', { name: 'games <b>' }).waitFor();
      const accuracy = page.getByRole('region', { name: 'Accuracy' });
      expect(await accuracy.getByRole('row').nth(2).textContent()).toContain('ease *');
      expect(await page.getByRole('img', { name: 'ease: 0.1000, 0.4000' }).count()).toBe(1);
      await page.getByText('Lists of player 2').click();
      const second = page.getByRole('region', { name: 'Lists of player 2' });
      expect(await second.locator('.hit').allTextContents()).toEqual(['Nineteen & <i> ✓']);
      expect(await findViolations(page)).toEqual([]);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      expect(complaints).toEqual([]);
    }
  });
});
