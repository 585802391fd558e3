import { expect, test } from 'vitest';
import { formatReport, isClean } from './report.ts';
import type { AbuseReport } from './run.ts';
import { runAttack, type Target } from './target/attack.ts';

const CLEAN: AbuseReport = {
  attacks: [{ name: 'forged tokens open nothing', attempts: 3, breaches: [], figure: '3 forgeries' }],
  fuzz: {
    requests: 1_000,
    seconds: 4,
    statuses: { 200: 600, 401: 400 },
    callers: { none: { requests: 400, accepted: 0 } },
    slowestMs: 1_234,
    findings: [],
  },
  memory: { process: { before: 100, peak: 120, after: 110 }, isolate: { before: 16, after: 40, evicted: 17 } },
  canaries: { before: 9, after: 9 },
  survived: true,
  alerts: [],
  client: { bytes: 5_000, bytesMax: 6_000 },
  guides: { guides: 12, run: 90, skipped: 7 },
  seconds: 9,
};
const FINDING = { operationId: 'getItem', what: 'status 500', curl: 'curl -X GET' };

test('a run is clean only if nothing got through, and if the search could have found something', () => {
  expect(isClean(CLEAN)).toBe(true);
  const faults: Partial<AbuseReport>[] = [
    { attacks: [{ name: 'x', attempts: 1, breaches: ['in'] }] },
    { fuzz: { ...CLEAN.fuzz, findings: [FINDING] } },
    { survived: false },
    { alerts: ['{"alert":"request failed"}'] },
    { client: { bytes: 6_001, bytesMax: 6_000 } },
    { canaries: { before: 0, after: 0 } },
    { canaries: { before: 9, after: 8 } },
  ];
  for (const fault of faults) expect(isClean({ ...CLEAN, ...fault }), JSON.stringify(fault)).toBe(false);
});

test('the report shows each breach, and a command for each finding', () => {
  expect(formatReport(CLEAN)).toContain('repelled  forged tokens open nothing (3 attempts)');
  expect(formatReport(CLEAN)).toContain('16 MB before, 40 MB after, 17 MB once');
  expect(formatReport(CLEAN)).toContain('the client: 5,000 bytes gzipped, at most 6,000');
  expect(formatReport(CLEAN)).toContain('12 guides: 90 that tests run or compare, 7 only shown');
  const text = formatReport({
    ...CLEAN,
    attacks: [{ name: 'x', attempts: 9, breaches: Array.from({ length: 7 }, (_, n) => `way ${n}`) }],
    fuzz: { ...CLEAN.fuzz, findings: [FINDING] },
  });
  expect(text).toContain('BREACHED  x (9 attempts)');
  expect(text).toContain('breach: way 4');
  expect(text).toContain('and 2 more');
  expect(text).toContain('FOUND getItem: status 500\n    curl -X GET');
});

test('an attack that cannot be carried out is no success', async () => {
  const attack = {
    name: 'x',
    run() {
      throw new Error('no server');
    },
  };
  const { breaches } = await runAttack(attack, {} as Target);
  expect(breaches).toEqual(['the attack ended early: no server']);
});
