// Shapes that several endpoints of gorse's API share. Fields that gorse does not have are refused: Go reads `isHidden`
// as `IsHidden`, so ignoring it here would show a hidden item.

import { z } from 'zod';
import { wholeNumber } from '../online/parameters.ts';
import { invalidInput } from '../online/problems.ts';

/** The answer to a write. */
export interface Success {
  /** Number of rows changed here. gorse counts the rows that it was sent. */
  RowAffected: number;
  /** Fields that had a value and were not kept; absent if there are none. */
  NotKept?: string[];
}
export const Success = z.object({ RowAffected: z.number().int(), NotKept: z.array(z.string()).optional() });

export const describeWrite = (rows: number, notKept: Iterable<string> = []): Success => {
  const names = [...new Set(notKept)];
  return { RowAffected: rows, ...(names.length > 0 && { NotKept: names }) };
};

/** gorse's `default_n`. */
const LENGTH_DEFAULT = 10;
const NUMBER_MAX = 1_000_000;

/** gorse accepts any `n`; here an answer has at most `max` items. */
export const length = (max: number) =>
  wholeNumber(1, NUMBER_MAX)
    .default(LENGTH_DEFAULT)
    .transform((n) => Math.min(n, max));
export const Offset = wholeNumber(0, NUMBER_MAX).default(0);

export const listQuery = (max: number) => ({
  n: length(max),
  cursor: z.string().max(600).optional(),
  // gorse reads `cursor`, but its own npm client sends `Cursor`.
  Cursor: z.string().max(600).optional(),
});

/** Returns the cursor of a query; undefined for the first page, which an empty cursor requests too. */
export const pickCursor = ({ cursor, Cursor }: { cursor?: string | undefined; Cursor?: string | undefined }) =>
  cursor || Cursor || undefined;

/** Throws if a patch names another id than the path; gorse's npm client repeats the path's id. */
export function checkRepeatedId(field: string, repeated: string | null | undefined, id: string): void {
  if (repeated !== undefined && repeated !== null && repeated !== id)
    throw invalidInput([{ path: [field], message: `differs from the path, which names “${id}”` }]);
}
