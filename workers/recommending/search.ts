// Finds games whose words resemble the query's, despite typing errors, by shared trigrams. The catalogue's columns have
// the words of each item; those that resemble the query's are found first, and then the items that have them.

import type { ItemColumns } from '../../models/features/item-columns.ts';
import { type ItemWords, listWords } from '../../models/features/item-words.ts';
import type { PackedLists } from '../../models/features/packed-lists.ts';
import { codeTrigram, findWords, TRIGRAM } from '../../models/features/trigram-index.ts';
import type { ShownItem } from './source.ts';

/** An item must have this share of the query's trigrams; a wrong letter changes three. */
const SHARED_MIN = 0.5;

/** Most similar first, ties by popularity. Scores 0–1.01. `popularity`: by item index. */
export function searchByTrigrams(columns: ItemColumns, popularity: Float64Array, query: string): ShownItem[] {
  const { ids, isVisible } = columns;
  const asked = listTrigrams(query);
  const found: ShownItem[] = [];
  const reason = `Found for “${query}”`;
  const shared = countShared(columns, asked);
  for (let index = 0; index < shared.length; index++) {
    const share = shared[index]! / asked.length;
    if (share >= SHARED_MIN && isVisible[index] === 1)
      found.push({ index, score: share + 0.01 * popularity[index]!, reason });
  }
  return found.sort((a, b) => b.score - a.score || (ids[a.index]! < ids[b.index]! ? -1 : 1));
}

/** By item index, the number of trigrams that the item shares with the query. */
function countShared(columns: ItemColumns, asked: readonly string[]): Uint16Array {
  const shared = new Uint16Array(columns.length);
  for (let from = 0; from < asked.length; from += BITS) addShared(columns, asked.slice(from, from + BITS), shared);
  return shared;
}

/** `asked`: at most 32 trigrams, each of which is a bit. */
function addShared(
  { words, labels, developers, developerTable }: ItemColumns,
  asked: readonly string[],
  shared: Uint16Array,
): void {
  const byWord = findByWord(words, asked);
  const byDeveloper = findByList(words.developers, developerTable.length, byWord);
  const byLabel = findByList(words.labels, labels.table.length, byWord);
  const hasLabel = byLabel.some((bits) => bits !== 0);
  const { cells, starts, ends } = words.titles;
  const { cells: labelCells, starts: labelStarts, tagEnds } = labels;
  for (let index = 0; index < shared.length; index++) {
    let bits = byDeveloper[developers[index]!] ?? 0;
    for (let cell = starts[index]!; cell < ends[index]!; cell++) bits |= byWord[cells[cell]!]!;
    if (hasLabel)
      for (let cell = labelStarts[index]!; cell < tagEnds[index]!; cell++) bits |= byLabel[labelCells[cell]!]!;
    if (bits !== 0) shared[index]! += countBits(bits);
  }
}

const BITS = 32;

function countBits(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/** By number of a word, the bits of the trigrams that it has. */
function findByWord({ table, trigrams }: ItemWords, asked: readonly string[]): Int32Array {
  const codes = asked.map((text) => codeTrigram(text.charCodeAt(0), text.charCodeAt(1), text.charCodeAt(2)));
  const found = new Int32Array(table.length);
  for (const [number, code] of codes.entries())
    for (const word of findWords(trigrams, code)) found[word]! |= 1 << number;
  // Those that have come since the file was written.
  const { cells, starts, ends } = table.units;
  for (let word = trigrams.count; word < table.length; word++)
    for (let at = starts[word]!; at + TRIGRAM <= ends[word]!; at++) {
      const number = codes.indexOf(codeTrigram(cells[at]!, cells[at + 1]!, cells[at + 2]!));
      if (number >= 0) found[word]! |= 1 << number;
    }
  return found;
}

/** By number of a developer or label, from the words that it has. */
function findByList({ cells, starts, ends }: PackedLists<Uint32Array>, count: number, byWord: Int32Array): Int32Array {
  const found = new Int32Array(count);
  for (let number = 0; number < count; number++)
    for (let cell = starts[number]!; cell < ends[number]!; cell++) found[number]! |= byWord[cells[cell]!]!;
  return found;
}

/** “tide” → “ ti”, “tid”, “ide”, “de ”: the different trigrams of each padded word, without accents. */
function listTrigrams(text: string): string[] {
  const trigrams = new Set<string>();
  for (const word of listWords(text)) {
    const padded = ` ${word} `;
    for (let at = 0; at + TRIGRAM <= padded.length; at++) trigrams.add(padded.slice(at, at + TRIGRAM));
  }
  return [...trigrams];
}
