import { expect, test } from 'vitest';
import { cleanItem, type ItemRecord, slugify } from './item.ts';
import { readDate, readLabels, readPrice, trimText } from './item-fields.ts';

const clean = (record: ItemRecord) => {
  const cleaned = cleanItem('x', { title: 'X', ...record });
  return cleaned.ok ? cleaned.value : expect.fail(cleaned.error);
};

test('prices are read with their currency, whatever stands before or after and groups the digits', () => {
  const cases: [string, ReturnType<typeof readPrice>][] = [
    ['19,99€', { amount: 19.99, currency: 'EUR' }],
    ['$4.99', { amount: 4.99, currency: 'USD' }],
    ['1.299,00 €', { amount: 1299, currency: 'EUR' }],
    ['1,299.00', { amount: 1299, currency: undefined }],
    ['1,299', { amount: 1299, currency: undefined }],
    ['1.299.000', { amount: 1_299_000, currency: undefined }],
    ['CHF 20.-', { amount: 20, currency: 'CHF' }],
    ['R$ 12,50', { amount: 12.5, currency: 'BRL' }],
    ['9.99 usd', { amount: 9.99, currency: 'USD' }],
    ['$20 CAD', { amount: 20, currency: 'CAD' }],
    ['Free to Play', { amount: 0, currency: undefined }],
    ['1,00,000.50', { amount: 100_000.5, currency: undefined }],
    ['5.00.00', undefined],
    ['1,2,3', undefined],
    ['Third-party', undefined],
    ['-1', undefined],
    ['4 for 3', undefined],
    ['5 euros', undefined],
  ];
  for (const [text, price] of cases) expect(readPrice(text), text).toEqual(price);
});

test('dates are read in common forms, and not guessed where the day could be the month', () => {
  const cases: [string, string | null][] = [
    ['2014-09-12', '2014-09-12'],
    ['2014-09-12T10:00:00Z', '2014-09-12'],
    ['2014/9/12', '2014-09-12'],
    ['Sep 12, 2014', '2014-09-12'],
    ['12 Sep, 2014', '2014-09-12'],
    ['September 12th, 2014', '2014-09-12'],
    ['12-Sep-2014', '2014-09-12'],
    ['12.9.2014', '2014-09-12'],
    ['9/23/2014', '2014-09-23'],
    ['23/9/2014', '2014-09-23'],
    ['9/12/2014', null],
    ['Sep 2014', '2014-09-01'],
    ['2014', '2014-01-01'],
    ['1410480000', '2014-09-12'],
    ['1410480000000', '2014-09-12'],
    ['1410480000000000', '2014-09-12'],
    ['1410480000000000000', '2014-09-12'],
    ['20140912', '2014-09-12'],
    ['201409122359', '2014-09-12'],
    ['20141131', null],
    ['2014-11-31', null],
    ['Coming soon', null],
    ['', null],
  ];
  for (const [text, date] of cases) expect(readDate(text), text).toBe(date);
});

test('labels are separated by bars, semicolons or commas, or are a list of JSON or Python', () => {
  expect(readLabels('Action|RPG')).toEqual(['Action', 'RPG']);
  expect(readLabels('Action; Role, Playing')).toEqual(['Action', 'Role, Playing']);
  expect(readLabels('Action, RPG')).toEqual(['Action', 'RPG']);
  expect(readLabels('["Action","Massively, Multiplayer"]')).toEqual(['Action', 'Massively, Multiplayer']);
  expect(readLabels(`['Action', "Kids' Games"]`)).toEqual(['Action', "Kids' Games"]);
  expect(readLabels('RPG')).toEqual(['RPG']);
});

test('a text is cut between characters, and a control character costs itself alone', () => {
  const family = '👨‍👩‍👧';
  expect(trimText(`${'a'.repeat(298)}${family}`, 300)).toBe('a'.repeat(298));
  expect(trimText(`${'a'.repeat(299)}e\u0301x`, 301)).toBe(`${'a'.repeat(299)}e\u0301`);
  expect(trimText(`${'a'.repeat(299)}😀`, 300)).toBe('a'.repeat(299));
  expect(clean({ title: 'Half\u0000Life\t2\ud83d', genres: 'Act\u0007ion|\u0001' })).toMatchObject({
    item: { title: 'Half Life 2', genres: ['Act ion'] },
    emptied: [],
  });
});

test('unreadable fields are left empty and named; only a missing title or an invalid id rejects an item', () => {
  expect(clean({ price: '19,99€', releaseDate: 'Sep 12, 2014', genres: 'Action|RPG' })).toMatchObject({
    item: { price: 19.99, currency: 'EUR', releaseDate: '2014-09-12', genres: ['Action', 'RPG'] },
    emptied: [],
  });
  expect(clean({ price: 'Third-party', releaseDate: 'soon', coverUrl: 'javascript:x', ageRating: '99' })).toMatchObject(
    {
      item: { price: null, releaseDate: null, coverUrl: null, ageRating: null },
      emptied: ['releaseDate', 'price', 'ageRating', 'coverUrl'],
    },
  );
  expect(clean({ price: 'nan', releaseDate: '', genres: '[]', developer: 'N/A' }).emptied).toEqual([]);
  expect(clean({ price: '5', currency: 'euros' }).emptied).toEqual(['currency']);
  expect(clean({ ageRating: 'PEGI 16', hidden: 'True', developer: "['A', 'B']" }).item).toMatchObject({
    ageRating: 16,
    hidden: true,
    developer: 'A, B',
  });
  for (const developer of ['[geim].pro', '[bracket]games', '[OneManBand]'])
    expect(clean({ developer })).toMatchObject({ item: { developer }, emptied: [] });
  expect(clean({ genres: '[Action, RPG]' }).item.genres).toEqual(['Action', 'RPG']);
  expect(clean({ genres: ` RPG |RPG||${'y'.repeat(80)}` }).item.genres).toEqual(['RPG', 'y'.repeat(64)]);
  expect(cleanItem('x', { title: ' ' })).toEqual({ ok: false, error: 'title: is missing' });
  expect(cleanItem('a/b', { title: 'X' }).ok).toBe(false);
});

test('an id is made of the letters and digits of a title, and is no reserved name', () => {
  expect(slugify('Half-Life 2: Épisode™ One!')).toBe('half-life-2-episode-one');
  expect(slugify('東方')).toBe('東方');
  expect(slugify('New')).toBe('new-game');
  expect(slugify('???')).toBeUndefined();
});
