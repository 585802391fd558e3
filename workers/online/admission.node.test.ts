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
  const admission = new Admission(1, 1);
  const slow = admission.enterBeforeBody(NOW)!;
  expect(admission.enter(NOW + 999)).toBeUndefined();
  const quick = admission.enterBeforeBody(NOW + 1_000)!;
  quick.markBodyArrived(NOW + 1_001);
  quick.leave();
  slow.markBodyArrived(NOW + 5_000);
  expect(admission.enter(NOW + 5_001)).toBeUndefined();
  slow.leave();
  expect(admission.enter(NOW + 5_001)).toBeDefined();
});

test('cuts the oldest of too many slow bodies, not those that have arrived or whose request has ended', () => {
  const admission = new Admission(6, 2);
  const slots = Array.from({ length: 6 }, () => admission.enterBeforeBody(NOW)!);
  const listCut = () => slots.flatMap((slot, index) => (slot.isCut() ? [index] : []));
  slots[0]!.markBodyArrived(NOW);
  slots[1]!.leave();
  admission.enter(NOW + 999);
  expect(listCut()).toEqual([]);
  admission.enter(NOW + 1_000);
  expect(listCut()).toEqual([2, 3]);
  for (let later = 0; later < 2; later++) slots.push(admission.enterBeforeBody(NOW + 1_000)!);
  admission.enter(NOW + 2_000);
  expect(listCut()).toEqual([2, 3, 4, 5]);
});
