import { expect, test } from 'vitest';
import { makeContext, scoreItems, trainOnSequences } from '../../tests/try-algorithm.ts';
import { type Item, ItemInput } from '../contracts/item.ts';
import { trainContent } from './content.ts';
import { encodeLabels } from './content-labels.ts';

const GENRES = ['Racing', 'Puzzle', 'Strategy'];
const GAMES_EACH = 8;

const makeItem = (itemId: string, fields: object): Item => ({
  itemId,
  ...ItemInput.parse({ title: itemId, ...fields }),
});

/** Eight games of each genre that are played together, and one without players. */
const catalogue = new Map(
  GENRES.flatMap((genre) =>
    Array.from({ length: GAMES_EACH + 1 }, (_, n) => {
      const itemId = n === GAMES_EACH ? `${genre}-new` : `${genre}-${n}`;
      return makeItem(itemId, { title: `Game ${n}`, genres: [genre], tags: [n % 2 ? 'Solo' : 'Crowd'] });
    }),
  ).map((item) => [item.itemId, item]),
);
const sequences = Array.from({ length: 60 }, (_, user) =>
  Array.from({ length: 4 }, (_, n) => `${GENRES[user % 3]}-${(user + 3 * n) % GAMES_EACH}`),
);

test('a game without players is recommended to players of its genre, ahead of all games of other genres', async () => {
  const [model] = await trainOnSequences(trainContent, sequences, undefined, makeContext(), catalogue);
  for (const genre of GENRES) {
    const scores = await scoreItems(model!, `${genre}-0`, `${genre}-3`);
    const others = Object.keys(scores).filter((itemId) => !itemId.startsWith(genre));
    for (const other of others) expect(scores[`${genre}-new`]).toBeGreaterThan(2 * scores[other]!);
  }
  expect(model!.itemVectors!.data).toHaveLength(catalogue.size * model!.itemVectors!.width);
});

test('the same seed gives the same vectors, and without a catalogue there is no model', async () => {
  const train = async () => trainOnSequences(trainContent, sequences, undefined, makeContext(), catalogue);
  expect((await train())[0]!.itemVectors).toEqual((await train())[0]!.itemVectors);
  expect(await trainOnSequences(trainContent, sequences)).toEqual([]);
});

test('a small catalogue is estimated at half a second at most, and not started with less time left', async () => {
  const trainIn = async (ms: number) =>
    trainOnSequences(trainContent, sequences, undefined, makeContext({ timeLeft: () => ms }), catalogue);
  expect(await trainIn(500)).not.toEqual([]);
  expect(await trainIn(50)).toEqual([]);
});

test('rarer labels weigh more; those of one item or of all are left out', () => {
  const items = [
    makeItem('a', { title: 'Iron Tide', genres: ['Action'], tags: ['Naval'], price: 0 }),
    makeItem('b', { title: 'Iron Sea', genres: ['Action'], tags: ['Naval'], price: 7 }),
    makeItem('c', { title: 'Moss', genres: ['Action'], price: 9.99 }),
    makeItem('d', { title: 'IRON!', genres: ['action'] }),
  ];
  const matrix = encodeLabels(['a', 'b', 'c', 'd', 'unknown'], new Map(items.map((item) => [item.itemId, item])));
  // Items with each: genre action 4, word iron 3, price class 2 2, tag naval 2.
  expect(matrix.width).toBe(4);
  expect([...matrix.starts]).toEqual([0, 3, 7, 9, 11, 11]);
  const [action, iron, naval] = [Math.log(5 / 4), Math.log(5 / 3), Math.log(5 / 2)];
  const length = Math.hypot(action, iron, naval);
  expect([...matrix.columns.subarray(0, 3)].sort()).toEqual([0, 1, 3]);
  expect([...matrix.values.subarray(0, 3)].sort()).toEqual(
    [action / length, iron / length, naval / length].map(Math.fround).sort(),
  );
});
