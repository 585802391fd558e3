// Fails on docstrings, and on descriptions and summaries of the API, that begin with a word such as “Of” or “What”:
// they are half a sentence. One begins with its noun, or with the verb of what a function does.

import { readFileSync } from 'node:fs';
import { listSources } from './list-sources.ts';

const HALF_SENTENCE = /(?:\/\*\*[\s*]*|\b(?:description|summary):\s*['"`])(Of|What|Who|Whether|How|Where)\b/g;

/** `file:line: word` for each docstring or description that begins with such a word. */
export const findHalfSentences = (file: string, text: string): string[] =>
  Array.from(text.matchAll(HALF_SENTENCE), ({ 0: start, 1: word, index }) => {
    const line = text.slice(0, index + start.length).split('\n').length;
    return `${file}:${line}: begins with “${word}”`;
  });

if (import.meta.main) {
  const files = listSources();
  const found = files.flatMap((file) => findHalfSentences(file, readFileSync(file, 'utf8')));
  for (const line of found) console.error(line);
  console.log(`docstrings: ${files.length} files, ${found.length} begin with such a word`);
  process.exitCode = found.length > 0 ? 1 : 0;
}
