// Refuses files of which less than half can be taken: they are not what they were said to be.

import { describeSkipped, FilesRefusedError, type Skipped } from './skipped.ts';
import type { Source } from './source.ts';

const REASONS_SHOWN = 5;
const TAKEN_SHARE_MIN = 0.5;

/**
 * Throws if nothing or less than half of the rows can be imported; a source may have no catalogue, and a catalogue no
 * interactions. `hasOthers`: the files hold rows of the other kind.
 */
export function assertMostTaken(
  what: 'interactions' | 'items',
  taken: number,
  skipped: readonly Skipped[],
  { format, read, eventSelects, itemSelects, mayLackKind }: Source,
  hasOthers = false,
): void {
  const expected = what === 'items' ? itemSelects.length > 0 : eventSelects.length > 0;
  const seen = skipped.reduce((sum, { count }) => sum + count, taken);
  if (seen === 0 && mayLackKind && hasOthers) return;
  if (!expected || (taken > 0 && taken >= TAKEN_SHARE_MIN * seen)) return;
  const count = (n: number) => n.toLocaleString('en');
  const summary =
    seen === 0
      ? `the files contain no ${what}`
      : taken === 0
        ? `none of the ${count(seen)} ${what} can be taken`
        : `only ${count(taken)} of the ${count(seen)} ${what} can be taken`;
  throw new FilesRefusedError(
    [
      `${summary}; nothing was written.`,
      `Read as ${format}: ${read.join(', ')}`,
      ...skipped.slice(0, REASONS_SHOWN).map(describeSkipped),
      'If this is another format, name it with --format, or say what the columns hold with --format csv --columns ….',
    ].join('\n'),
  );
}
