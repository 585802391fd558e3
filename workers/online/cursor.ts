// The cursor of a list ordered by id: the last id in base64url. Clients must treat it as opaque, so that its content
// can change.

import { invalidInput } from './problems.ts';

export const writeCursor = (id: string): string => Buffer.from(id, 'utf8').toString('base64url');

/** Returns the id after which the page begins; empty for the first page. */
export function readCursor(cursor: string | undefined): string {
  if (cursor === undefined) return '';
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (id === '' || writeCursor(id) !== cursor)
    throw invalidInput([{ path: ['cursor'], message: 'is not a cursor of this list' }]);
  return id;
}
