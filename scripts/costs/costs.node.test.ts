import { expect, test } from 'vitest';
import { billMonth, priceUsage } from './bill.ts';
import { formatCosts } from './format.ts';
import { addUpMonth, type Measured, planMonth } from './load.ts';
import { countRuns } from './measure.ts';
import { billPersonalize, estimateHours, priceRecommendations } from './personalize.ts';
import { CLOUDFLARE_PRICES, PLAN_FEE } from './prices.ts';
import { reportCosts } from './report.ts';
import { emptyUsage, type Usage } from './usage.ts';

const use = (amounts: Partial<Usage>): Usage => ({ ...emptyUsage(), ...amounts });
const costOf = (amounts: Partial<Usage>, name: string): number =>
  billMonth(use(amounts)).lines.find((line) => line.name === name)!.cost;

test('a month within the plan costs its fee', () => {
  expect(billMonth(emptyUsage()).total).toBe(PLAN_FEE);
  expect(billMonth(use({ requests: 10e6, cpuMs: 30e6, queueOperations: 1e6, d1Bytes: 5e9 })).total).toBe(PLAN_FEE);
});

test('the bill is that of Cloudflare’s own examples', () => {
  // Workers, example 4: 100 million requests of 7 ms.
  expect(costOf({ requests: 100e6 }, 'Worker: requests')).toBeCloseTo(27, 6);
  expect(costOf({ cpuMs: 700e6 }, 'Worker: CPU ms, at most')).toBeCloseTo(13.4, 6);
  // Objects, example 2: 86.4 million seconds; Cloudflare's page rounds the result.
  expect(costOf({ objectSeconds: 86.4e6 }, 'objects: duration')).toBeCloseTo(133.24, 2);
  // Queues: a million messages a day.
  expect(costOf({ queueOperations: 90e6 }, 'queues: operations')).toBeCloseTo(35.6, 6);
  // R2: 1,000 GB stored; reads of 10 million a day.
  expect(costOf({ r2Bytes: 1000e9 }, 'R2: stored')).toBeCloseTo(14.85, 6);
  expect(costOf({ r2ClassB: 300e6 }, 'R2: reads')).toBeCloseTo(104.4, 6);
});

test('R2 bills a part of a unit as a whole one; the others do not', () => {
  expect(costOf({ r2ClassA: 1e6 + 1 }, 'R2: writes and lists')).toBe(4.5);
  expect(costOf({ d1RowsWritten: 50.5e6 }, 'D1: rows written')).toBeCloseTo(0.5, 6);
});

test('without the plan, each unit has its price', () => {
  expect(priceUsage(use({ requests: 1e6, objectRequests: 2e6 }))).toBeCloseTo(0.3 + 0.3, 6);
  for (const { source } of CLOUDFLARE_PRICES) expect(source).toMatch(/^https:\/\/developers\.cloudflare\.com\//);
});

test('what is stored grows with players, what is done with hours', () => {
  const month = planMonth({ events: 1_000, galleries: 500 });
  expect(month).toMatchObject({ players: 10, hourlyPlayers: 7_200, batchGalleries: 10 * (30 + 12.5) });
  const one = use({ requests: 1, d1Bytes: 1 });
  const measured: Measured = {
    isolateStart: emptyUsage(),
    firstVisit: one,
    calm: { event: one, gallery: one },
    busy: { event: emptyUsage(), gallery: emptyUsage() },
    hourlyPlayer: use({ requests: 1 }),
    batchGallery: one,
    jobs: one,
  };
  // Of the events and galleries, without those of first visits.
  expect(addUpMonth(measured, month)).toMatchObject({
    requests: 10 + (1_000 - 100) + (500 - 10) + 7_200 + 425 + 1,
    d1Bytes: 10 + (1_000 - 100) + (500 - 10) + 10 + 1,
  });
  expect(addUpMonth(measured, { ...month, pace: 'busy' }).requests).toBe(10 + 7_200 + 425 + 1);
  expect(planMonth({ events: 100e6, galleries: 100e6 }).pace).toBe('busy');
});

test('crons run as often as they say', () => {
  expect(['*/10 * * * *', '5 * * * *', '25 3 * * *'].map(countRuns)).toEqual([4_320, 720, 30]);
});

test('Personalize bills a recommendation a second at least, and less for more', () => {
  expect(priceRecommendations(0)).toBeCloseTo(144.1, 1);
  expect(priceRecommendations(1e6)).toBe(priceRecommendations(0));
  expect(priceRecommendations(100e6)).toBeCloseTo(72_000 * 0.0556 + 28_000 * 0.0278, 6);
  expect(priceRecommendations(1_000e6)).toBeCloseTo(72_000 * 0.0556 + 648_000 * 0.0278 + 280_000 * 0.0139, 6);
  expect([0, 100_000, 25e6].map(estimateHours)).toEqual([2.135, 2.135, 53.9]);
  const { total, ingestion, training, recommendations } = billPersonalize({ events: 1e6, galleries: 1e6 });
  expect(total).toBe(ingestion + training + recommendations);
});

test('the table shows what is beyond the plan, what is within it, and what is not confirmed', () => {
  const one = use({ requests: 1 });
  const traffic = { event: one, gallery: use({ requests: 1, r2ClassA: 1 }) };
  const rest = { isolateStart: one, firstVisit: one, hourlyPlayer: one, batchGallery: one, jobs: one };
  const report = reportCosts({ calm: traffic, busy: traffic, ...rest }, 40, 5_000);
  expect(report.unitCosts).toMatchObject({ calm: { event: 0.3, gallery: 4.8 }, jobs: 0.3e-6 });
  const text = formatCosts(report);
  expect(text).toContain('A month of 100,000,000 events and 100,000,000 galleries: 1,000,000 players with');
  expect(text).toMatch(/R2: writes and lists +99 million +1 +\$441\.00/);
  expect(text).toContain('within the plan: 14 further amounts');
  expect(text).toContain('not confirmed');
});
