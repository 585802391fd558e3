// Refuses a folder if only some parts of a table in it would be read: a part cannot be read, or lacks the header that
// another part has.

import path from 'node:path';
import { type FileDescription, type Match, splitFields } from './match-shape.ts';

/** `files`: all readable files; `unreadable`: the others. Throws if one that is not read belongs to one that is. */
export function assertNoPartIgnored(
  matches: readonly Match[],
  files: readonly FileDescription[],
  unreadable: ReadonlyMap<string, Error>,
): void {
  const read = new Set(matches.map(({ head }) => head.path));
  const extensions = new Set(Array.from(read, readExtension));
  for (const [file, { message }] of unreadable)
    if (extensions.has(readExtension(file)) && !/ is empty$/.test(message))
      throw new Error(`${path.basename(file)} cannot be read: ${message}. Repair it, or move it out of the folder`);
  for (const file of files) {
    if (read.has(file.head.path)) continue;
    const whole = matches.find((match) => isPartOf(file, match));
    if (whole !== undefined)
      throw new Error(
        `${path.basename(file.head.path)} looks like a part of ${path.basename(whole.head.path)} without its header. ` +
          'Join the parts into one file, or select the parts to read with a glob',
      );
  }
}

/** The extension below that of the compression: `.csv` for `a.csv.gz`. */
const readExtension = (file: string): string => path.extname(file.replace(/\.(gz|zst|zstd)$/i, '')).toLowerCase();

/**
 * A part has as many fields as the whole, and none of its column names in the first line; another table shares the
 * names of ids.
 */
function isPartOf({ head }: FileDescription, whole: Match): boolean {
  if (!whole.hasHeader || head.kind !== 'text' || whole.head.kind !== 'text') return false;
  if (readExtension(head.path) !== readExtension(whole.head.path)) return false;
  // A part may begin in the middle of a line.
  const [first = '', second = first] = head.lines;
  const delimiter = whole.delimiter!;
  const names = new Set(whole.names.map((name) => name.toLowerCase()));
  return (
    splitFields(second, delimiter).length === whole.names.length &&
    !splitFields(first, delimiter).some((field) => names.has(field.toLowerCase()))
  );
}
