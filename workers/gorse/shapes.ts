// The shapes that several endpoints of gorse's API share. Fields that gorse does not have are refused: Go would take
// `isHidden` for `IsHidden`, and dropping it would show a hidden item.

import { z } from 'zod';
import { wholeNumber } from '../online/parameters.ts';
import { invalidInput } from '../online/problems.ts';

/** The answer to a write. */
export interface Success {
  /** What the write changed here. gorse counts what it was sent. */
  RowAffected: number;
  /** Fields that were sent with a value and not kept; absent if there are none. */
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

/** gorse takes any `n`; `max` is what an answer holds here. */
export const length = (max: number) =>
  wholeNumber(1, NUMBER_MAX)
    .default(LENGTH_DEFAULT)
    .transform((n) => Math.min(n, max));
export const Offset = wholeNumber(0, NUMBER_MAX).default(0);

export const listQuery = (max: number) => ({
  n: length(max),
  cursor: z.string().max(600).optional(),
  // gorse reads `cursor`; its own npm client sends `Cursor`.
  Cursor: z.string().max(600).optional(),
});

/** The cursor of a query; an empty one asks for the first page. */
export const pickCursor = ({ cursor, Cursor }: { cursor?: string | undefined; Cursor?: string | undefined }) =>
  cursor || Cursor || undefined;

/** gorse's npm client repeats the id of the path in a patch. Throws if it names another. */
export function checkRepeatedId(field: string, repeated: string | null | undefined, id: string): void {
  if (repeated !== undefined && repeated !== null && repeated !== id)
    throw invalidInput([{ path: [field], message: `differs from the path, which names “${id}”` }]);
}
