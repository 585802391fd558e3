import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { TYPE_SYNONYMS } from '../../models/contracts/type-synonyms.ts';
import { FeedbackType } from './feedback-shape.ts';
import { parseTimestamp, Timestamp } from './timestamps.ts';

test('reads a time in each form that gorse’s clients write', () => {
  const at = Date.UTC(2026, 7, 7, 10, 26, 46);
  for (const text of [
    '2026-08-07T10:26:46Z',
    '2026-08-07T10:26:46',
    '2026-08-07 10:26:46',
    '2026-08-07T12:26:46+02:00',
    '2026-08-07T05:56:46.000000000-04:30',
    '2026-08-07 10:26:46 +0000 UTC',
    '2026-08-07 12:26:46 +0200 CEST',
    '2026-08-07 10:26:46 UTC',
    String(at / 1000),
    String(at),
  ])
    expect(parseTimestamp(text), text).toBe(at);
  expect(parseTimestamp('2026-08-07T10:26:46.0409Z')).toBe(at + 40);
  expect(parseTimestamp('2026-08-07 10:26')).toBe(at - 46_000);
  expect(parseTimestamp('2026-08-07')).toBe(Date.UTC(2026, 7, 7));
});

test('reads no time from a text that is none', () => {
  for (const text of ['now', '20260807', '2026-13-01', '2026-02-30', '2026-08-07T25:00:00Z', '07.08.2026', '-1'])
    expect(parseTimestamp(text), text).toBeUndefined();
});

test('takes an empty text and Go’s zero time for no time', () => {
  for (const text of ['', ' ', '0001-01-01T00:00:00Z', '0001-01-01 00:00:00 +0000 UTC'])
    expect(Timestamp.parse(text), text).toBeUndefined();
});

test('the guide lists every word that becomes one of our types', () => {
  const guide = readFileSync(`${import.meta.dirname}/../../docs/guides/gorse.md`, 'utf8');
  for (const [word, type] of Object.entries(TYPE_SYNONYMS)) {
    expect(FeedbackType.parse(` ${word.toUpperCase()} `)).toBe(type);
    expect(guide.split('\n').find((line) => line.startsWith('| ') && line.includes(`\`${word}\``))).toMatch(
      new RegExp(`\\| \`${type}\` \\|$`),
    );
  }
});
