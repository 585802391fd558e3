// Loads the catalogue of a source into DuckDB and streams its items. Several rows of one item are merged: the last text
// of each field counts, so that a second file can add facts.

import type { DuckDBConnection } from '@duckdb/node-api';
import type { Item } from '../../models/contracts/item.ts';
import { throwReadError } from './explain-read-error.ts';
import { cleanItem, type ItemRecord } from './item.ts';
import { ITEM_COLUMNS } from './own-columns.ts';
import { takeRejects } from './rejects.ts';
import type { Skipped } from './skipped.ts';

const EXAMPLES_MAX = 3;

export interface ReadItems {
  items: Item[];
  skipped: Skipped[];
  /** Fields that were left empty because their text could not be read, most frequent first. */
  emptied: { field: string; count: number; examples: string[] }[];
}

/** `selects`: one SELECT per file. `idOf`: the id of a record; undefined leaves it out silently. */
export async function readItems(
  connection: DuckDBConnection,
  selects: readonly string[],
  idOf: (record: ItemRecord) => string | undefined = ({ item_id }) => item_id ?? '',
): Promise<ReadItems> {
  const nothing = `select ${ITEM_COLUMNS.map((name) => `null::varchar as ${name}`).join(', ')} where false`;
  const merged = ITEM_COLUMNS.filter((name) => name !== 'item_id').map(
    (name) => `last(${name} order by ordinal) filter (${name} is not null) as ${name}`,
  );
  // A record without an id is of no other record's item.
  const sql = `
    with rows as (
      select row_number() over () as ordinal, * replace (nullif(trim(item_id), '') as item_id) from (
        ${[nothing, ...selects].map((select) => `(${select})`).join(' union all by name ')})
    )
    select item_id, ${merged.join(', ')} from rows
    group by coalesce(item_id, ordinal::varchar || chr(0)), item_id
    order by min(ordinal)`;
  const read = new ItemReader();
  const records = await readRecords(connection, sql).catch(throwReadError);
  const hasTitles = records.some(({ title }) => title?.trim());
  for (const record of records) {
    const itemId = idOf(record);
    if (itemId === undefined) continue;
    // A catalogue may have facts without titles.
    read.add(itemId, hasTitles ? record : { ...record, title: placeholderTitle(itemId) });
  }
  const collected = read.collect();
  return { ...collected, skipped: [...(await takeRejects(connection)), ...collected.skipped] };
}

async function readRecords(connection: DuckDBConnection, sql: string): Promise<ItemRecord[]> {
  const rows = await connection.stream(sql);
  const records: ItemRecord[] = [];
  for await (const part of rows.yieldRowObjectJs()) records.push(...(part as ItemRecord[]));
  return records;
}

/** The title of an item that is known by its id alone. */
export const placeholderTitle = (itemId: string): string => `Item ${itemId}`;

class ItemReader {
  readonly #items: Item[] = [];
  readonly #skipped = new Map<string, { count: number; examples: string[] }>();
  readonly #emptied = new Map<string, { count: number; examples: string[] }>();

  add(itemId: string, record: ItemRecord): void {
    const cleaned = cleanItem(itemId, record);
    if (!cleaned.ok) {
      count(this.#skipped, `item: ${cleaned.error}`, itemId || (record.title ?? '?'));
      return;
    }
    this.#items.push(cleaned.value.item);
    for (const field of cleaned.value.emptied) count(this.#emptied, field, (record as Record<string, string>)[field]!);
  }

  collect(): ReadItems {
    const list = (counts: ReadonlyMap<string, { count: number; examples: string[] }>) =>
      [...counts].sort(([, a], [, b]) => b.count - a.count);
    return {
      items: this.#items,
      skipped: list(this.#skipped).map(([reason, counted]) => ({ reason, ...counted })),
      emptied: list(this.#emptied).map(([field, counted]) => ({ field, ...counted })),
    };
  }
}

const EXAMPLE_LENGTH_MAX = 40;

function count(counts: Map<string, { count: number; examples: string[] }>, name: string, example: string): void {
  const counted = counts.get(name) ?? { count: 0, examples: [] };
  counts.set(name, counted);
  counted.count++;
  const shown = example.slice(0, EXAMPLE_LENGTH_MAX);
  if (counted.examples.length < EXAMPLES_MAX && !counted.examples.includes(shown)) counted.examples.push(shown);
}
