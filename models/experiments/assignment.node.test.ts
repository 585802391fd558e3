import { expect, test } from 'vitest';
import { assign, positionInLayer } from './assignment.ts';

const variants = [
  { id: 'control', share: 0.5 },
  { id: 'shadow', share: 0 },
  { id: 'bold', share: 0.3 },
  { id: 'shy', share: 0.2 },
];
const experiment = { experimentId: 'more-new', layer: 'default', slice: { from: 0, to: 1 }, variants };
const users = Array.from({ length: 20_000 }, (_, n) => `user-${n}`);
const count = (values: Iterable<string | undefined>) => {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value ?? 'none'] = (counts[value ?? 'none'] ?? 0) + 1;
  return counts;
};
/** χ² of the dependence of two columns, and its degrees of freedom. */
function measureDependence(a: readonly string[], b: readonly string[]) {
  const [byA, byB, both] = [count(a), count(b), count(a.map((value, n) => `${value} ${b[n]}`))];
  const squares = Object.keys(byA).flatMap((left) =>
    Object.keys(byB).map((right) => {
      const expected = (byA[left]! * byB[right]!) / a.length;
      return ((both[`${left} ${right}`] ?? 0) - expected) ** 2 / expected;
    }),
  );
  const freedom = (Object.keys(byA).length - 1) * (Object.keys(byB).length - 1);
  return { chiSquare: squares.reduce((sum, square) => sum + square, 0), freedom };
}

test('variants get their shares of the users, shadows nobody, and each user always the same one', () => {
  const drawn = users.map((user) => assign(user, experiment));
  const counts = count(drawn);
  // Standard deviations 71, 65 and 57.
  expect(Math.abs(counts.control! - 10_000)).toBeLessThan(280);
  expect(Math.abs(counts.bold! - 6_000)).toBeLessThan(260);
  expect(Math.abs(counts.shy! - 4_000)).toBeLessThan(230);
  expect(Object.keys(counts)).toHaveLength(3);
  expect(users.map((user) => assign(user, experiment))).toEqual(drawn);
});

test('experiments of one layer exclude each other and leave out those outside their slices', () => {
  const first = { ...experiment, slice: { from: 0, to: 0.2 } };
  const second = { ...experiment, experimentId: 'other', slice: { from: 0.2, to: 0.5 } };
  const counts = count(
    users.map((user) => `${assign(user, first) !== undefined} ${assign(user, second) !== undefined}`),
  );
  expect(counts['true true']).toBeUndefined();
  expect(assign(users[0]!, { ...experiment, slice: null })).toBeUndefined();
  // Standard deviations 57, 65 and 71.
  expect(Math.abs(counts['true false']! - 4_000)).toBeLessThan(230);
  expect(Math.abs(counts['false true']! - 6_000)).toBeLessThan(260);
  expect(Math.abs(counts['false false']! - 10_000)).toBeLessThan(280);
});

test('variants depend neither on the position in the layer nor on other experiments, whatever ids look like', () => {
  const forms = [
    (n: number) => `user-${n}`,
    (n: number) => `${n}`,
    (n: number) => `guest:${n.toString(16).padStart(8, '0')}`,
  ];
  let [total, freedoms] = [0, 0];
  for (const form of forms) {
    const ids = Array.from({ length: 10_000 }, (_, n) => form(n));
    const columns = [
      ...['default', 'rows', 'release'].map((layer) =>
        ids.map((user) => String(Math.floor(positionInLayer(user, layer) * 4))),
      ),
      ...['a', 'b', 'canary-7', 'canary-8'].map((experimentId) =>
        ids.map((user) => assign(user, { ...experiment, experimentId })!),
      ),
    ];
    for (const [n, a] of columns.entries())
      for (const b of columns.slice(n + 1)) {
        const { chiSquare, freedom } = measureDependence(a, b);
        // Over six standard deviations.
        expect(chiSquare).toBeLessThan(freedom + 6 * Math.sqrt(2 * freedom) + 12);
        total += chiSquare;
        freedoms += freedom;
      }
  }
  expect(Math.abs(total - freedoms)).toBeLessThan(4 * Math.sqrt(2 * freedoms));
});

test('shares that add up to just below 1 leave nobody without a variant', () => {
  const tenths = Array.from({ length: 10 }, (_, n) => ({ id: `v${n}`, share: 0.1 }));
  const short = [...tenths.slice(0, 9), { id: 'rest', share: 0.05 }];
  const withEmpty = [...short, { id: 'empty', share: 0 }];
  const counts = count(users.map((user) => assign(user, { ...experiment, variants: withEmpty })));
  expect(counts.none).toBeUndefined();
  expect(counts.empty).toBeUndefined();
  expect(Math.abs(counts.rest! - 2_000)).toBeLessThan(190);
});
