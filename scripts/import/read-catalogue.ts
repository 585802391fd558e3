// Reads the catalogue of a source whose interactions are staged.

import type { DuckDBConnection } from '@duckdb/node-api';
import { readNull } from './event-sql.ts';
import type { Source } from './source.ts';
import { readEventItems } from './stage-events.ts';
import { type ReadItems, readItems } from './stage-items.ts';

/** If items are known by titles, a catalogue adds facts to them and no items. */
export async function readCatalogue(
  connection: DuckDBConnection,
  { preset, itemSelects }: Pick<Source, 'preset' | 'itemSelects'>,
): Promise<ReadItems> {
  // An export has the ids exactly as stored.
  if (preset.isExport) return readItems(connection, itemSelects);
  if (!preset.hasTitlesAsIds) return readItems(connection, itemSelects.map(dropNullIds));
  const idsByLetters = new Map<string, string>();
  for await (const part of readEventItems(connection))
    for (const { itemId, name } of part) idsByLetters.set(toLetters(name), itemId);
  const missing = new Set(idsByLetters.values());
  // The id of the catalogue is not ours: records are merged by their titles. The first of several counts.
  return readItems(
    connection,
    itemSelects.map((select) => `select * replace (null::varchar as item_id) from (${select})`),
    ({ title }) => {
      const itemId = idsByLetters.get(toLetters(title ?? ''));
      return itemId !== undefined && missing.delete(itemId) ? itemId : undefined;
    },
  );
}

const dropNullIds = (select: string): string =>
  `select * replace (${readNull('trim(item_id)')} as item_id) from (${select})`;

const toLetters = (title: string): string =>
  title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
