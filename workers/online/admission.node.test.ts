import { expect, test } from 'vitest';
import { Admission, INGESTS_MAX, SLOW_BODIES_MAX } from './admission.ts';

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

test('gives a new request the slot of the oldest body that has been awaited for a while, and no other slot', () => {
  const admission = new Admission(2, 2);
  const [first, second] = [admission.enterBeforeBody(NOW)!, admission.enterBeforeBody(NOW)!];
  // Their callers are being identified, which no client can delay.
  expect(admission.enterBeforeBody(NOW + 200)).toBeUndefined();
  first.markBodyAwaited(NOW + 200);
  second.markBodyAwaited(NOW + 200);
  expect(admission.enterBeforeBody(NOW + 299)).toBeUndefined();
  expect(admission.enterBeforeBody(NOW + 300)).toBeDefined();
  // Only the first slot was given back, and the third request has it.
  second.markBodyArrived(NOW + 301);
  expect(admission.enterBeforeBody(NOW + 400)).toBeUndefined();
  expect([first.isCut(), second.isCut()]).toEqual([false, false]);
});

test('keeps no request out while forty slow bodies a second arrive', () => {
  const admission = new Admission(INGESTS_MAX, SLOW_BODIES_MAX);
  const refused: number[] = [];
  for (let now = NOW; now < NOW + 15_000; now += 25) {
    admission.enterBeforeBody(now)?.markBodyAwaited(now);
    const slot = admission.enterBeforeBody(now + 5);
    if (slot === undefined) refused.push(now - NOW);
    slot?.markBodyAwaited(now + 5);
    slot?.markBodyArrived(now + 10);
    slot?.leave();
  }
  expect(refused).toEqual([]);
});
