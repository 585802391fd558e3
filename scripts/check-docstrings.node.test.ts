import { expect, test } from 'vitest';
import { findHalfSentences } from './check-docstrings.ts';

// In pieces, so that the check does not find this file.
const docstring = (text: string) => `/${'**'}${text} */`;

test('reports docstrings and descriptions that begin with half a sentence', () => {
  for (const word of ['Of', 'What', 'Who', 'Whether', 'How', 'Where']) {
    const reported = `: begins with “${word}”`;
    expect(findHalfSentences('a.ts', `const a = 1;\n${docstring(` ${word} it is.`)}`)).toEqual([`a.ts:2${reported}`]);
    expect(findHalfSentences('a.ts', docstring(`\n * ${word} it is.\n`))).toEqual([`a.ts:2${reported}`]);
    for (const name of ['description', 'summary']) {
      expect(findHalfSentences('a.ts', `${name}: '${word} it is.'`)).toEqual([`a.ts:1${reported}`]);
      expect(findHalfSentences('a.ts', `${name}:\n  '${word} it is.'`)).toEqual([`a.ts:2${reported}`]);
    }
  }
});

test('accepts these words elsewhere', () => {
  for (const text of [
    docstring(' Says what it is. Of these, one.'),
    docstring(' Offers one.'),
    '// What it is.',
    "detail: 'What it is.'",
  ])
    expect(findHalfSentences('a.ts', text), text).toEqual([]);
});
