// Fails on lines over 120 columns, comments and strings included, which Biome's formatter leaves alone.

import { readFileSync } from 'node:fs';
import { listSources } from './list-sources.ts';

const COLUMNS_MAX = 120;

/** `file:line: columns` for each line that is too long. A column is one code point. */
export function findWideLines(file: string, text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    const columns = [...line].length;
    return columns > COLUMNS_MAX ? [`${file}:${index + 1}: ${columns} columns`] : [];
  });
}

if (import.meta.main) {
  const files = listSources();
  const wide = files.flatMap((file) => findWideLines(file, readFileSync(file, 'utf8')));
  for (const line of wide) console.error(line);
  console.log(`width: ${files.length} files, ${wide.length} lines over ${COLUMNS_MAX} columns`);
  process.exitCode = wide.length > 0 ? 1 : 0;
}
