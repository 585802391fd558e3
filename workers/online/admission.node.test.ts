import { expect, test } from 'vitest';
import { Admission } from './admission.ts';

const NOW = 1_000_000;

test('admits as many as it has slots, and another when one is left', () => {
  const admission = new Admission(2);
  const first = admission.enter(NOW);
  expect(admission.enter(NOW)).toBeDefined();
  expect(admission.enter(NOW)).toBeUndefined();
  first!.leave();
  expect(admission.enter(NOW)).toBeDefined();
  expect(admission.enter(NOW)).toBeUndefined();
});

test('stops counting a slot that is never left, such as that of a request that the platform dropped', () => {
  const admission = new Admission(1);
  expect(admission.enter(NOW)).toBeDefined();
  expect(admission.enter(NOW + 29_999)).toBeUndefined();
  expect(admission.enter(NOW + 30_000)).toBeDefined();
});

test('blocks nobody for a body that arrives slowly, and counts its request again once the body has arrived', () => {
  const admission = new Admission(1);
  const slow = admission.enterWithBody(NOW)!;
  expect(admission.enter(NOW + 999)).toBeUndefined();
  const quick = admission.enterWithBody(NOW + 1_000)!;
  quick.begin(NOW + 1_001);
  quick.leave();
  slow.begin(NOW + 5_000);
  expect(admission.enter(NOW + 5_001)).toBeUndefined();
  slow.leave();
  expect(admission.enter(NOW + 5_001)).toBeDefined();
});
