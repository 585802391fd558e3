// The words of a file by their trigrams. Words are only added to a table, so that the index of a file stays right;
// later words are not in it.

import type { PackedLists } from './packed-lists.ts';

export interface TrigramIndex {
  /** The number of words that are indexed: the first ones of the table. */
  count: number;
  /** The trigrams (codeTrigram), ascending. */
  codes: Float64Array;
  /** Numbers of words; those of each trigram end where those of the next begin. */
  words: Uint32Array;
  ends: Uint32Array;
}

export const TRIGRAM = 3;
const UNITS = 2 ** 16;

/** A trigram's UTF-16 units as one number. */
export const codeTrigram = (first: number, second: number, third: number): number =>
  (first * UNITS + second) * UNITS + third;

/** `count`: the words to index, from the first. */
export function indexTrigrams({ cells, starts, ends }: PackedLists<Uint16Array>, count: number): TrigramIndex {
  const wordsOf = new Map<number, number[]>();
  for (let word = 0; word < count; word++)
    for (let at = starts[word]!; at + TRIGRAM <= ends[word]!; at++) {
      const code = codeTrigram(cells[at]!, cells[at + 1]!, cells[at + 2]!);
      const words = wordsOf.get(code);
      if (words === undefined) wordsOf.set(code, [word]);
      else words.push(word);
    }
  const codes = Float64Array.from(wordsOf.keys()).sort();
  const lists = Array.from(codes, (code) => wordsOf.get(code)!);
  let end = 0;
  const ended = Uint32Array.from(lists, ({ length }) => (end += length));
  const words = new Uint32Array(end);
  for (const [n, list] of lists.entries()) words.set(list, (ended[n - 1] ?? 0) as number);
  return { count, codes, words, ends: ended };
}

/** Numbers of the indexed words that have a trigram, some perhaps twice. */
export function findWords({ codes, words, ends }: TrigramIndex, code: number): Uint32Array {
  let low = 0;
  let high = codes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (codes[middle]! < code) low = middle + 1;
    else high = middle;
  }
  return codes[low] === code ? words.subarray(ends[low - 1] ?? 0, ends[low]!) : words.subarray(0, 0);
}
