import { expect, test } from 'vitest';
import { InteractionLog } from '../../tests/interaction-log.ts';
import type { Interactions } from '../data/interactions.ts';
import type { EvaluationCase } from './cases.ts';
import { splitColdStart } from './cold-start.ts';
import { splitLeaveOneOut } from './leave-one-out.ts';
import { PROTOCOLS } from './protocols.ts';
import { splitStrongGeneralisation } from './strong-generalisation.ts';
import { splitTemporal } from './temporal.ts';

const DAY_MS = 86_400_000;

/** Interactions as `item@day`, by player. */
function collect(players: Record<string, string>): Interactions {
  const log = new InteractionLog();
  for (const [userId, interactions] of Object.entries(players))
    for (const interaction of interactions.split(' ')) {
      const [itemId, day] = interaction.split('@');
      log.add({ userId, itemId: itemId!, type: 'like', value: null, timestamp: Number(day) * DAY_MS });
    }
  return log.collect();
}

/** The items of each player that training sees. */
const kept = ({ userIds, itemIds, items, starts, ends }: Interactions) =>
  Object.fromEntries(
    userIds.map((userId, user) => [
      userId,
      Array.from(items.subarray(starts[user], ends[user]), (item) => itemIds[item]).join(' '),
    ]),
  );

/** Cases as `history → targets`, the history as `item@age in days`. */
const asText = (cases: readonly EvaluationCase[]) =>
  cases.map(
    ({ history, targets }) =>
      `${history.map(({ itemId, ageDays }) => `${itemId}@${ageDays}`).join(' ')} → ${targets.join(' ')}`,
  );

test('leave-one-out tests on the last interaction and validates on the one before; training sees neither', () => {
  const all = collect({ long: 'a@1 b@3 c@4 d@10', other: 'a@1 b@2 c@3', short: 'a@1 b@2' });
  const { training, validation, test, leftOut } = splitLeaveOneOut(all, (userId) => userId !== 'other');
  expect(kept(training)).toEqual({ long: 'a b', other: 'a b c', short: 'a b' });
  expect(asText(validation)).toEqual(['b@1 a@3 → c']);
  expect(asText(test)).toEqual(['c@6 b@7 a@9 → d']);
  expect(leftOut).toBe(1);
  expect(test[0]!.history[0]).toEqual({ itemId: 'c', weight: 1, ageDays: 6 });
});

test('leave-one-out with at least two interactions tests on the last, and validates only if a history is left', () => {
  const all = collect({ one: 'a@1', three: 'a@1 b@2 c@3', two: 'a@1 b@2' });
  const { training, validation, test } = splitLeaveOneOut(all, () => true, 2);
  expect(kept(training)).toEqual({ one: 'a', three: 'a', two: 'a' });
  expect(asText(validation)).toEqual(['a@1 → b']);
  expect(asText(test)).toEqual(['b@1 a@2 → c', 'a@1 → b']);
});

test('leave-one-out after a time has later targets only; a player with one has a test case and no other', () => {
  const all = collect({ early: 'a@1 b@2 c@3', one: 'a@1 b@3 c@4', two: 'a@3 b@4 c@5', short: 'a@3 b@4' });
  const { training, validation, test, leftOut } = splitLeaveOneOut(all, () => true, 2, 3 * DAY_MS);
  expect(kept(training)).toEqual({ early: 'a b c', one: 'a b', short: 'a', two: 'a' });
  expect(asText(validation)).toEqual(['a@1 → b']);
  expect(asText(test)).toEqual(['b@1 a@3 → c', 'a@1 → b', 'b@1 a@2 → c']);
  expect(leftOut).toBe(1);
});

test('the temporal protocol cuts all players at one time and leaves out those without earlier interactions', () => {
  const all = collect({ early: 'a@1 b@2 c@3', late: 'a@9 b@10', steady: 'a@1 b@5 c@7 d@8 e@9' });
  // Ten interactions, on days 1 1 2 3 5 7 8 9 9 10. The validation begins on day 7, the test on day 9.
  const { training, validation, test, leftOut } = splitTemporal(all, { validation: 0.2, test: 0.3 });
  expect(kept(training)).toEqual({ early: 'a b c', late: '', steady: 'a b' });
  expect(asText(validation)).toEqual(['b@2 a@6 → c d']);
  expect(asText(test)).toEqual(['d@1 c@2 b@4 a@8 → e']);
  expect(leftOut).toBe(1);
  // Half of the interactions have one time: no cut separates them, and the validation is not empty.
  const coarse = splitTemporal(collect({ one: 'a@1 b@2 c@3', two: 'b@1 c@2 d@3' }), { validation: 0.1, test: 0.1 });
  expect(kept(coarse.training)).toEqual({ one: 'a', two: 'b' });
  expect(asText(coarse.test)).toEqual(['b@1 a@2 → c', 'c@1 b@2 → d']);
});

test('strong generalisation gives 80% of the interactions of players that training never sees', () => {
  const interact = (length: number) => Array.from({ length }, (_, n) => `g${n}@${n}`).join(' ');
  const all = collect(
    Object.fromEntries(Array.from({ length: 500 }, (_, n) => [`p${n}`, interact(n < 50 ? 4 : 5 + (n % 10))])),
  );
  const { training, validation, test, leftOut } = splitStrongGeneralisation(all, 1);
  for (const cases of [validation, test]) {
    expect(cases.length).toBeGreaterThan(25);
    expect(cases.length).toBeLessThan(65);
    for (const { history, targets } of cases) {
      const length = history.length + targets.length;
      expect(history).toHaveLength(Math.floor(0.8 * length));
      expect(history[0]).toMatchObject({ itemId: `g${history.length - 1}`, ageDays: 1 });
      expect(targets[0]).toBe(`g${history.length}`);
    }
  }
  expect(leftOut).toBeGreaterThan(0);
  const unseen = Object.values(kept(training)).filter((items) => items === '');
  expect(unseen).toHaveLength(validation.length + test.length);
  expect(kept(splitStrongGeneralisation(all, 1).training)).toEqual(kept(training));
  expect(kept(splitStrongGeneralisation(all, 2).training)).not.toEqual(kept(training));
});

test('the cold start predicts unseen players’ next interaction after their first 0, 1, 2, 3, 5 and 10', () => {
  const interact = (length: number) => Array.from({ length }, (_, n) => `g${n}@${n}`).join(' ');
  const all = collect(Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`p${n}`, interact(10 + (n % 2))])));
  const { training, validation, test, leftOut } = splitColdStart(all, 1);
  const cases = asText(test.slice(0, 6));
  expect(cases.slice(0, 3)).toEqual([' → g0', 'g0@1 → g1', 'g1@1 g0@2 → g2']);
  expect(test.slice(0, 6).map(({ history, targets }) => [history.length, ...targets])).toEqual(
    [0, 1, 2, 3, 5, 10].map((seen) => [seen, `g${seen}`]),
  );
  expect(test.length % 6).toBe(0);
  expect(validation.every(({ history }) => history.length > 0)).toBe(true);
  expect(leftOut).toBeGreaterThan(0);
  const unseen = Object.values(kept(training)).filter((items) => items === '').length;
  expect(unseen).toBeGreaterThanOrEqual(test.length / 6 + validation.length / 5 + leftOut);
});

test('data without a case is not an error: the test split is empty', () => {
  for (const all of [new InteractionLog().collect(), collect({ one: 'a@1' }), collect({ a: 'x@1', b: 'x@1' })])
    for (const split of Object.values(PROTOCOLS)) expect(split(all, 1).test).toEqual([]);
});
