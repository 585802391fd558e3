import { expect, it } from 'vitest';
import { makeItem } from '../../tests/item.ts';
import { MAGIC, PREFIX_BYTES, SECTION_NAMES, viewSections } from './columns-file.ts';
import { decodeColumns } from './decode-columns.ts';
import { encodeColumns } from './encode-columns.ts';
import { ItemColumns } from './item-columns.ts';
import { NARROW_LABELS } from './label-lists.ts';
import { createRng } from './rng.ts';

const takeOver = (bytes: Uint8Array): ItemColumns => {
  const decoded = decodeColumns(bytes);
  if (!decoded.ok) throw new Error(decoded.error);
  return new ItemColumns(decoded.value);
};
const listWords = ({ words }: ItemColumns, numbers: Uint32Array) =>
  Array.from(numbers, (word) => String.fromCharCode(...words.table.units.read(word)));

/** Everything that is kept of the visible items, by id: neither indexes nor numbers of tables. */
function describe(columns: ItemColumns) {
  const { labels, series, seriesTable, developers, words } = columns;
  return new Map(
    [...columns.listVisible()].map((index) => [
      columns.ids[index]!,
      {
        item: columns.read(index),
        index: columns.find(columns.ids[index]!) === index && columns.indexOf(columns.ids[index]!) === index,
        day: columns.releaseDays[index],
        series: seriesTable.hashes[series[index]!],
        compared: Array.from(
          labels.cells.subarray(labels.platformEnds[index], labels.ends[index]),
          (label) => labels.table.strings[label],
        ),
        titleWords: listWords(columns, words.titles.read(index)),
        labelWords: Array.from(labels.read(index), (label) => listWords(columns, words.labels.read(label))),
        developerWords: listWords(columns, words.developers.read(developers[index]!)),
        folds: Array.from(labels.read(index), (label) => labels.table.findFold(labels.table.strings[label]!) >= 0),
        numbers: Array.from(labels.read(index), (label) => labels.table.find(labels.table.strings[label]!) === label),
      },
    ]),
  );
}

it('has the columns that the items would make, and follows changes as they do', () => {
  const random = createRng('columns file');
  const draw = <T>(...from: T[]): T => from[Math.floor(from.length * random())]!;
  const drawText = () => draw('Tide', 'tide II', 'Märchen', '🎮', 'Iron Harvest', `${Math.floor(20 * random())}`);
  const drawList = () => Array.from({ length: Math.floor(5 * random()) }, drawText);
  const change = (all: readonly ItemColumns[]) => {
    const itemId = `g${Math.floor(120 * random())}`;
    const item = makeItem(itemId, {
      title: drawText(),
      genres: drawList(),
      tags: drawList(),
      developer: draw(null, drawText()),
      releaseDate: draw(null, '2026-02-28', '1999-12-31'),
      price: draw(null, 0, 9.99),
      currency: draw(null, 'EUR', 'JPY'),
      ageRating: draw(null, 0, 16),
      platforms: drawList(),
      coverUrl: draw(null, `/${drawText()}.png`),
    });
    const isRemoved = random() < 0.3;
    for (const columns of all) isRemoved ? columns.remove(itemId) : columns.put(item);
  };
  for (let round = 0; round < 60; round++) {
    const live = new ItemColumns();
    for (let step = 0; step < 3 * round; step++) change([live]);
    const order = Int32Array.from(live.listVisible()).reverse();
    const file = encodeColumns(live, order);
    // In memory that is not aligned.
    const moved = new Uint8Array(file.length + 3);
    moved.set(file, 3);
    const taken = takeOver(round % 2 === 0 ? file : moved.subarray(3));
    expect(taken.ids).toEqual(Array.from(order, (index) => live.ids[index]));
    expect([taken.size, taken.length]).toEqual([live.size, live.size]);
    expect(describe(taken)).toEqual(describe(live));
    for (let step = 0; step < 50; step++) change([live, taken]);
    expect(describe(taken)).toEqual(describe(live));
    // What was taken over can be written again.
    expect(describe(takeOver(encodeColumns(taken, Int32Array.from(taken.listVisible()))))).toEqual(describe(live));
  }
});

it('holds more labels than 16 bits can number, whenever they are added', () => {
  const live = new ItemColumns();
  const put = (all: readonly ItemColumns[], from: number, end: number) => {
    for (let n = from; n < end; n++)
      for (const columns of all)
        columns.put(makeItem(`g${n}`, { tags: Array.from({ length: 100 }, (_, tag) => `tag ${n} ${tag}`) }));
  };
  const write = () => encodeColumns(live, Int32Array.from(live.listVisible()));
  put([live], 0, 650);
  expect(live.labels.table.length).toBeLessThan(NARROW_LABELS);
  const taken = takeOver(write());
  put([live, taken], 650, 660);
  expect(live.labels.table.length).toBeGreaterThan(NARROW_LABELS);
  const wide = write();
  for (const columns of [taken, takeOver(wide.slice())]) {
    put([columns], 3, 4);
    for (const n of [0, 3, 649, 654, 655, 656, 659]) expect(columns.read(n)).toEqual(live.read(n));
  }
  const decoded = decodeColumns(wide);
  expect(decoded).toMatchObject({ ok: true, value: { labels: { cells: expect.any(Uint32Array) } } });
  if (decoded.ok) decoded.value.labels.cells[0] = live.labels.table.length;
  expect(decodeColumns(wide)).toMatchObject({ ok: false });
});

it('refuses what is cut off, of another kind or schema, or leads out of a table', () => {
  const columns = new ItemColumns();
  for (let n = 0; n < 9; n++)
    columns.put(
      makeItem(`g${n}`, {
        title: `Game of ${n}`,
        genres: ['War'],
        tags: [`tag ${n}`],
        platforms: ['linux'],
        developer: 'Harbour',
        currency: 'EUR',
        coverUrl: '/a.png',
      }),
    );
  const file = encodeColumns(columns, Int32Array.from(columns.listVisible()));
  const refuse = (bytes: Uint8Array) => {
    const decoded = decodeColumns(bytes);
    return decoded.ok ? undefined : decoded.error;
  };
  expect(refuse(file)).toBeUndefined();
  for (let length = 0; length < file.length; length += 7)
    expect(refuse(file.slice(0, length)), `${length}`).toEqual(expect.any(String));
  expect(refuse(new Uint8Array([...file, ...new Uint8Array(8)]))).toMatch(/length/);

  const [, lineLength] = new Uint32Array(file.buffer, 0, 2) as unknown as [number, number];
  const line = new TextDecoder().decode(file.subarray(PREFIX_BYTES, PREFIX_BYTES + lineLength));
  const withLine = (text: string) => {
    const bytes = new TextEncoder().encode(text.padEnd(lineLength));
    const other = new Uint8Array(file);
    new Uint32Array(other.buffer, 0, 2).set([MAGIC, bytes.length]);
    other.set(bytes, PREFIX_BYTES);
    return other;
  };
  expect(refuse(withLine(line.replace('"schema":2', '"schema":1')))).toMatch(/schema 1/);
  expect(refuse(withLine(line.replace('"ids":["g0"', '"ids":[0   ')))).toMatch(/header/);
  expect(refuse(withLine(line.replace('"g8"', '"g" ').replace('"g0",', '     ')))).toMatch(/damaged/);
  expect(refuse(withLine(line.replace('"lengths":[', '"lengths":[-')))).toMatch(/header/);
  expect(refuse(new Uint8Array(file).fill(0, 0, 4))).toMatch(/no file of columns/);

  // The first and the last number of every list and table, far beyond its range.
  const { lengths } = JSON.parse(line) as { lengths: number[] };
  const free = ['ageRatings', 'prices', 'releaseDays', 'titleBytes', 'coverBytes', 'seriesHashes', 'wordUnits'];
  const absent = 'wideLabelCells';
  for (const [n, name] of SECTION_NAMES.entries())
    for (const at of [0, lengths[n]! - 1]) {
      const damaged = new Uint8Array(file);
      const section = Object.values(viewSections(damaged, PREFIX_BYTES + lineLength, lengths))[n]!;
      section[at]! += name === 'trigramCodes' ? (at === 0 ? 1 : -1) * 2 ** 48 : 1_000;
      if ([...free, absent].includes(name)) expect(refuse(damaged), name).toBeUndefined();
      else expect(refuse(damaged), name).toMatch(/damaged/);
    }
});
