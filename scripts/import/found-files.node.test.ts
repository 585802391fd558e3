import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Sample } from '../../tests/import-samples.ts';
import { read, writeSample } from '../../tests/read-import.ts';

const SECONDS = 1_600_000_000;

let root: string;
beforeAll(() => {
  root = mkdtempSync(path.join(tmpdir(), 'import-'));
});
afterAll(() => rmSync(root, { recursive: true }));

const writeFolder = (files: Sample) => writeSample(root, files);
const write = (name: string, content: string | Uint8Array): string => path.join(writeFolder({ [name]: content }), name);
const toLines = (rows: readonly unknown[]) => rows.map((row) => `${JSON.stringify(row)}\n`).join('');
const repeat = <T>(count: number, create: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, n) => create(n));
const countTypes = ({ brief }: Awaited<ReturnType<typeof read>>) =>
  Object.fromEntries([...Map.groupBy(brief, ([, type]) => type)].map(([type, events]) => [type, events.length]));

test('a key of JSON that first appears behind the head of the file is read', async () => {
  const play = (n: number) => ({ user_id: `u${n}`, item_id: 'g', timestamp: SECONDS });
  const late = (more: object) =>
    write(
      'late.jsonl',
      toLines([...repeat(2_000, play), ...repeat(3, (n) => ({ ...play(n), item_id: 'h', ...more }))]),
    );
  expect(countTypes(await read(late({ event_type: 'dislike' })))).toEqual({ play: 2_000, dislike: 3 });
  const rated = await read(late({ rating: 4 }));
  expect(countTypes(rated)).toEqual({ play: 2_000, rate: 3 });
  expect(rated.brief[1]).toEqual(['u0', 'rate', 'h', 4, SECONDS * 1000]);
  const columns = { user: 'user_id', item: 'item_id', time: 'timestamp', type: 'did' };
  expect(countTypes(await read(late({ did: 'like' }), { format: 'csv', columns }))).toEqual({ like: 3 });

  const items = repeat(400, (n) => ({ kind: 'item', itemId: `g${n}`, title: `${n} ${'T'.repeat(200)}` }));
  const events = repeat(3, (n) => ({ ...{ kind: 'event', id: `e${n}`, userId: 'u', itemId: 'g0' }, type: 'play' }));
  const mixed = await read(
    write('x.jsonl', toLines([...items, ...events.map((one) => ({ ...one, timestamp: 1e12 }))])),
  );
  expect([mixed.brief.length, mixed.items.length]).toEqual([3, 400]);
});

test('columns that may hold what a player did are not passed over in silence', async () => {
  const stars = write('stars.csv', `user_id,item_id,stars,timestamp\np,g,1,${SECONDS}\n`);
  await expect(read(stars)).rejects.toThrow(
    /stars\.csv has columns of no known name: stars\.[\s\S]*user=user_id,item=item_id,time=timestamp,type=play/,
  );
  await expect(read(write('a.jsonl', toLines([{ user_id: 'p', item_id: 'g', action: 'dislike' }])))).rejects.toThrow(
    'columns of no known name: action',
  );
  const columns = { user: 'user_id', item: 'item_id', time: 'timestamp', type: 'play' };
  const said = await read(stars, { format: 'csv', columns });
  expect([said.brief.length, said.source.unreadColumns]).toEqual([1, [{ file: 'stars.csv', columns: ['stars'] }]]);
  const typed = write('t.csv', `user_id,item_id,event_type,action,timestamp,\np,g,view,dislike,${SECONDS},\n`);
  expect((await read(typed)).source.unreadColumns).toEqual([{ file: 't.csv', columns: ['action'] }]);
});

test('tables separated by commas, and headers, are not read as “user item” lines or events', async () => {
  await expect(read(write('s.txt', 'p1, g1\np1, g2\n'))).rejects.toThrow('no known format');
  await expect(read(write('s.txt', 'user game\np1 g1\n'))).rejects.toThrow(/looks like a header: .* remove it/);
  await expect(read(write('s.txt', 'p1 g1 5\n'), { format: 'sequences' })).rejects.toThrow(
    's.txt is not in the format sequences (“user item” lines in time order, without times)',
  );
  const table = write('t.csv', 'player,game\np1,g1\n');
  await expect(read(table, { format: 'csv', columns: { user: '1', item: '2' } })).rejects.toThrow(
    't.csv begins with a header: name its columns, not their numbers, with --columns user=player,item=game',
  );
});

test('a file whose name is a pattern is read by its name', async () => {
  const names = ['b[1].csv', 'b1.csv', 'a*.csv', 'a1.csv', 'c?.csv', 'c1.csv'];
  const files = names.map((name, n) => [name, `user_id,item_id,timestamp\nu${n},g,${SECONDS}\n`]);
  const folder = writeFolder(Object.fromEntries(files));
  for (const n of [0, 2, 4])
    expect((await read(path.join(folder, names[n]!))).brief.map(([user]) => user)).toEqual([`u${n}`]);
});

test('headers with repeated names and with names that replace them are read', async () => {
  const file = write('h.csv', `user_id,user_id,column 2,item_id,timestamp,rating\na,b,c,g,${SECONDS},4\n`);
  expect((await read(file)).brief).toEqual([['a', 'rate', 'g', 4, SECONDS * 1000]]);
});

const rate = (...ratings: number[]) =>
  write('r.csv', `user_id,item_id,rating,timestamp\n${ratings.map((r, n) => `u${n},g,${r},${SECONDS}\n`).join('')}`);

test('a stray rating makes no scale, and flags are no dislikes', async () => {
  const fives = repeat(999, () => 5);
  await expect(read(rate(...fives, 10))).rejects.toThrow(
    'the ratings go from 5 to 10, of which 1 of 1,000 are above 5: give their scale with --rating-scale',
  );
  expect((await read(rate(...fives, ...repeat(11, () => 10)))).ratingScale).toEqual({ min: 1, max: 10 });
  await expect(read(rate(1, 1))).rejects.toThrow('the ratings are all 1: give their scale with --rating-scale');
  await expect(read(rate(1, 2, 3))).rejects.toThrow('the ratings go from 1 to 3');
  const { brief } = await read(rate(1, 2, 3), { ratingScale: { min: 1, max: 3 } });
  expect(brief.map(([, , , value]) => value)).toEqual([5 / 3, 10 / 3, 5]);
  const stars = `userId,movieId,rating,timestamp\n1,2,3,${SECONDS}\n`;
  expect((await read(write('ratings.csv', stars))).brief).toHaveLength(1);
});

test('an encoding is recognised from the whole file, and another encoding makes another import', async () => {
  const line = (user: string) => `${user},gé,${SECONDS}\n`;
  const utf8 = Buffer.from(`user_id,item_id,timestamp\n${repeat(60_000, (n) => line(`ä${n}`)).join('')}`);
  const ascii = Buffer.from(repeat(60_000, (n) => `u${n},g,${SECONDS}\n`).join(''));
  const broken = Buffer.from(repeat(5, (n) => `ä${n},g,${SECONDS}\n`).join(''), 'latin1');
  const mixed = await read(write('mixed.csv', Buffer.concat([utf8, ascii, broken])));
  expect(mixed.source.read).toEqual(['mixed.csv']);
  expect(mixed.skipped).toMatchObject([{ reason: 'is not UTF-8', count: 5 }]);

  const file = write('short.csv', `user_id,item_id,timestamp\n${line('ä')}`);
  const [first, second] = [await read(file), await read(file, { encoding: 'latin-1' })];
  expect(second.brief.map(([user]) => user)).toEqual(['Ã¤']);
  expect(second.source.eventsDigest).not.toBe(first.source.eventsDigest);
});

test('JSON that is not UTF-8 is refused with what to do', async () => {
  const text = toLines([{ user_id: 'é', item_id: 'g', timestamp: SECONDS }]);
  await expect(read(write('l.jsonl', Buffer.from(text, 'latin1')))).rejects.toThrow(
    'l.jsonl is JSON in LATIN-1, and JSON is read in UTF-8: convert it first, e.g. iconv -f LATIN1 -t UTF-8',
  );
  await expect(read(write('u.jsonl', Buffer.from(`\ufeff${text}`, 'utf16le')))).rejects.toThrow('iconv -f UTF-16');
  await expect(read(write('bom.jsonl', `\ufeff${text}`))).rejects.toThrow('bom.jsonl is JSON with a byte order mark');
});

test('numbers that are no epoch times are no times, unless they are the digits of a day', async () => {
  const noTimes = ['2014', '201409', '41894.5', '12345678', '-5', '-99999999999999999', '1e300', '20141301'];
  const times: [string, number][] = [
    ['20140912', Date.UTC(2014, 8, 12)],
    ['201409121530', Date.UTC(2014, 8, 12, 15, 30)],
    ['20140912153045', Date.UTC(2014, 8, 12, 15, 30, 45)],
    ['100000000', 1e11],
    ['1e9', 1e12],
  ];
  const rows = [...noTimes, ...times.map(([text]) => text)].map((text, n) => `u${n + 10},g,${text}\n`);
  const { brief, skipped } = await read(write('t.csv', `user_id,item_id,timestamp\n${rows.join('')}`));
  expect(brief.map(([, , , , time]) => time)).toEqual(times.map(([, at]) => at));
  expect(skipped).toMatchObject([{ reason: 'timestamp: is not a time', count: noTimes.length }]);
});

test('a file with more broken lines than are counted is refused, and those of a catalogue are counted', async () => {
  const names = repeat(198, (n) => `c${n}`).join();
  const good = `u,g,${','.repeat(197)}\n`;
  const table = write('w.csv', `user_id,item_id,type,${names}\n${good}${'u\n'.repeat(600)}`);
  await expect(read(table)).rejects.toThrow(/^w\.csv has too many lines that do not fit its columns: the first 50\d /);

  const folder = writeFolder({ 'pairs.txt': 'u a\n', 'items.csv': 'id,title,price\na,A,1\nb,B\nNULL,C,2\n' });
  const { items, skipped } = await read(path.join(folder, 'pairs.txt'), { itemsPath: path.join(folder, 'items.csv') });
  expect(items.map(({ itemId }) => itemId)).toEqual(['a']);
  expect(skipped).toMatchObject([
    { reason: 'has too few columns', count: 1, examples: ['items.csv:3'] },
    { reason: expect.stringMatching(/^item: itemId/), count: 1 },
  ]);
});

test('an id whose text means null is missing', async () => {
  const ids = ['NULL', 'NaN', 'None', '\\N', 'nan'];
  const rows = [...ids.map((id) => `${id},g`), ...ids.map((id) => `u,${id}`), 'Nan,Nil'];
  const { brief, skipped } = await read(
    write('n.csv', `user_id,item_id,timestamp\n${rows.map((row) => `${row},${SECONDS}\n`).join('')}`),
  );
  expect(brief).toEqual([['Nan', 'play', 'Nil', null, SECONDS * 1000]]);
  expect(skipped.map(({ reason, count }) => [reason, count]).sort()).toEqual([
    ['itemId: is missing', 5],
    ['userId: is missing', 5],
  ]);
});

const TABLE = `user_id,item_id,timestamp\na,g,${SECONDS}\n`;

test('the error for a missing file names the document that says which files are read', () =>
  expect(read('missing')).rejects.toThrow('no such file or folder: missing; docs/import.md says'));

test('a folder is refused if a part of a table would be left out; other tables in it are not read', async () => {
  const split = writeFolder({ 'a.csv': TABLE, 'b.csv': `b,g,${SECONDS}\n`, 'c.csv': `7\nc,g,${SECONDS}\n` });
  await expect(read(split)).rejects.toThrow('b.csv looks like a part of a.csv without its header');
  const corrupt = writeFolder({ 'a.csv.gz': gzipSync(TABLE), 'b.csv.gz': Buffer.from('\x1f\x8bxxxxxxx', 'latin1') });
  await expect(read(corrupt)).rejects.toThrow('b.csv.gz cannot be read: unknown compression method');
  const others = { 'p.csv': 'sku,price\n1,2\n', 'u.csv': 'user_id,a,b\nx,1,2\n', 'x.bin': '\0', 'empty.csv': '' };
  expect((await read(writeFolder({ 'a.csv': TABLE, ...others }))).brief).toHaveLength(1);
});

test('links in a folder are followed, and what several name is read once', async () => {
  const folder = writeFolder({ 'real/x.csv': TABLE, 'links/readme.md': '# x\n' });
  symlinkSync('../real/x.csv', path.join(folder, 'links', 'y.csv'));
  symlinkSync('../links', path.join(folder, 'links', 'again'));
  symlinkSync('nowhere', path.join(folder, 'links', 'broken.csv'));
  expect((await read(path.join(folder, 'links'))).source.read).toEqual(['y.csv']);
  expect((await read(folder)).source.read).toHaveLength(1);
});

test('a file in a folder of very many others is read', async () => {
  const folder = writeFolder({ 'a.csv': TABLE });
  for (let n = 0; n <= 10_000; n++) writeFileSync(path.join(folder, `n${n}.txt`), '');
  expect((await read(path.join(folder, 'a.csv'))).brief).toHaveLength(1);
  await expect(read(folder)).rejects.toThrow('contains over 10000 files');
});

test('a stream of events and items has no catalogue beside it', async () => {
  const item = (title: string) => ({
    ...{ event: 'item', id: title, timestamp: '1599391467000', item: 'g' },
    fields: [{ name: 'title', value: title }],
  });
  const event = { event: 'interaction', id: 'i', timestamp: '1599391467000', user: 'u', type: 'click', item: 'g' };
  const folder = writeFolder({ 'a.jsonl': toLines([event, item('Own')]), 'b.jsonl': toLines([item('Neighbour')]) });
  const { items } = await read(path.join(folder, 'a.jsonl'));
  expect(items.map(({ title }) => title)).toEqual(['Own']);
});

test('mixed line ends and cut gzip files are reported by name', async () => {
  const mixed = `user_id,item_id,timestamp\r\na,g,${SECONDS}\nb,g,${SECONDS}\r\nc,g,${SECONDS}\n`;
  await expect(read(write('mixed.csv', mixed))).rejects.toThrow(/^mixed\.csv cannot be cut into lines: .* are mixed/);
  const pairs = write('pairs.txt', 'u a\n');
  await expect(read(pairs, { itemsPath: write('i.csv', 'id,title\r\na,A\nb,B\r\nc,C\n') })).rejects.toThrow(/^i\.csv/);
  const noise = Array.from({ length: 20_000 }, (_, n) => `u${(n * 7919) % 10_007},g${(n * 31) % 977},${SECONDS}\n`);
  const packed = gzipSync(`user_id,item_id,timestamp\n${noise.join('')}`);
  await expect(read(write('cut.csv.gz', packed.subarray(0, packed.length / 2)))).rejects.toThrow(
    'cut.csv.gz cannot be unpacked to its end: unexpected end of file',
  );
});
