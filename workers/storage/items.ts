// The catalogue in D1. Each change takes the next revision, so that isolates read only what is newer than their cache;
// for the same reason a deleted item leaves a tombstone.

import type { Item, ItemPatch } from '../../models/contracts/item.ts';
import { portionsOf } from './parameters.ts';

const COLUMNS = [
  ['item_id', 'itemId'],
  ['title', 'title'],
  ['genres', 'genres'],
  ['tags', 'tags'],
  ['developer', 'developer'],
  ['release_date', 'releaseDate'],
  ['price', 'price'],
  ['currency', 'currency'],
  ['age_rating', 'ageRating'],
  ['platforms', 'platforms'],
  ['cover_url', 'coverUrl'],
  ['hidden', 'hidden'],
] as const satisfies readonly (readonly [string, keyof Item])[];

const ITEM_COLUMNS = COLUMNS.map(([column, field]) => (column === field ? column : `${column} as ${field}`)).join(', ');
const NEXT_REVISION = '(select coalesce(max(revision), 0) + 1 from items)';
const UPSERT_ITEMS = `insert into items (${COLUMNS.map(([column]) => column).join(', ')}, deleted_at, revision)
  select ${COLUMNS.map((_, index) => `value->>${index}`).join(', ')}, null, ${NEXT_REVISION}
  from json_each(?1) where true
  on conflict(item_id) do update set
  ${[...COLUMNS.slice(1).map(([column]) => column), 'deleted_at', 'revision']
    .map((column) => `${column} = excluded.${column}`)
    .join(', ')}`;

/** An item as D1 has it. */
export type ItemRow = Omit<Item, 'genres' | 'tags' | 'platforms' | 'hidden'> & {
  genres: string;
  tags: string;
  platforms: string;
  hidden: number;
};

export const toItem = (row: ItemRow): Item => ({
  itemId: row.itemId,
  title: row.title,
  genres: JSON.parse(row.genres),
  tags: JSON.parse(row.tags),
  developer: row.developer,
  releaseDate: row.releaseDate,
  price: row.price,
  currency: row.currency,
  ageRating: row.ageRating,
  platforms: JSON.parse(row.platforms),
  coverUrl: row.coverUrl,
  hidden: row.hidden !== 0,
});

/** An item after a change; null if it was deleted. */
export interface ItemChange<T extends Item | null = Item | null> {
  itemId: string;
  revision: number;
  item: T;
}

const asColumn = (value: Item[keyof Item]) =>
  Array.isArray(value) ? JSON.stringify(value) : typeof value === 'boolean' ? Number(value) : value;

/** Creates or replaces items. Returns each as it was written, in order; the items of one portion share a revision. */
export async function putItems(db: D1Database, items: readonly Item[]): Promise<ItemChange<Item>[]> {
  const changes: ItemChange<Item>[] = [];
  for (const { rows, json } of portionsOf(items, (item) => COLUMNS.map(([, field]) => asColumn(item[field])))) {
    const [, last] = await db.batch<{ revision: number }>([
      db.prepare(UPSERT_ITEMS).bind(json),
      db.prepare('select max(revision) as revision from items'),
    ]);
    const { revision } = last!.results[0]!;
    for (const item of rows) changes.push({ itemId: item.itemId, revision, item });
  }
  return changes;
}

/** Changes the given fields. Undefined if the item does not exist. */
export async function patchItem(
  db: D1Database,
  itemId: string,
  patch: ItemPatch,
): Promise<ItemChange<Item> | undefined> {
  const changes = COLUMNS.filter(([, field]) => field !== 'itemId' && patch[field as keyof ItemPatch] !== undefined);
  const assignments = changes.map(([column], index) => `${column} = ?${index + 2}`);
  const row = await db
    .prepare(
      `update items set ${[...assignments, `revision = ${NEXT_REVISION}`].join(', ')}
       where item_id = ?1 and deleted_at is null returning ${ITEM_COLUMNS}, revision`,
    )
    .bind(itemId, ...changes.map(([, field]) => asColumn(patch[field as keyof ItemPatch]!)))
    .first<ItemRow & { revision: number }>();
  return row === null ? undefined : { itemId, revision: row.revision, item: toItem(row) };
}

/** Undefined if the item does not exist. `now`: epoch milliseconds. */
export async function deleteItem(db: D1Database, itemId: string, now: number): Promise<ItemChange<null> | undefined> {
  const revision = await db
    .prepare(
      `update items set deleted_at = ?2, revision = ${NEXT_REVISION}
       where item_id = ?1 and deleted_at is null returning revision`,
    )
    .bind(itemId, now)
    .first<number>('revision');
  return revision === null ? undefined : { itemId, revision, item: null };
}

/** Undefined if the item does not exist or is hidden. */
export async function readItem(db: D1Database, itemId: string): Promise<Item | undefined> {
  const row = await db
    .prepare(`select ${ITEM_COLUMNS} from items where item_id = ?1 and deleted_at is null and not hidden`)
    .bind(itemId)
    .first<ItemRow>();
  return row === null ? undefined : toItem(row);
}

/** True if an item is for the platform, ignoring case. */
export const hasPlatform = async (db: D1Database, platform: string): Promise<boolean> =>
  (await db
    .prepare(
      `select 1 from items, json_each(items.platforms) as named
       where deleted_at is null and lower(named.value) = lower(?1) limit 1`,
    )
    .bind(platform)
    .first()) !== null;

/** Ordered by id, hidden items included; unknown ids are left out. */
export async function readItems(db: D1Database, itemIds: readonly string[]): Promise<Item[]> {
  const { results } = await db
    .prepare(
      `select ${ITEM_COLUMNS} from items
       where item_id in (select value from json_each(?1)) and deleted_at is null order by item_id`,
    )
    .bind(JSON.stringify(itemIds))
    .all<ItemRow>();
  return results.map(toItem);
}

/** Prepares a read of the rows of items. `itemIds`: SQL of a query for their ids. */
export const selectItems = (db: D1Database, itemIds: string): D1PreparedStatement =>
  db.prepare(`select ${ITEM_COLUMNS} from items where item_id in (${itemIds}) and deleted_at is null`);

export interface ItemFilter {
  genre?: string | undefined;
  tag?: string | undefined;
  /** Substring of the title, the developer, a genre or a tag, ignoring case. */
  text?: string | undefined;
  hidden?: boolean;
}

/** One page ordered by id, after `afterId`; hidden items only with `filter.hidden`. */
export async function listItems(db: D1Database, filter: ItemFilter, afterId: string, limit: number): Promise<Item[]> {
  const { results } = await db
    .prepare(
      `select ${ITEM_COLUMNS} from items where item_id > ?1 and deleted_at is null
       and (?2 is null or exists (select 1 from json_each(genres) where value = ?2))
       and (?3 is null or exists (select 1 from json_each(tags) where value = ?3))
       and (?4 is null or instr(lower(concat_ws(char(10), title, developer, genres, tags)), lower(?4)) > 0)
       and (?6 or not hidden)
       order by item_id limit ?5`,
    )
    .bind(afterId, filter.genre ?? null, filter.tag ?? null, filter.text ?? null, limit, Number(filter.hidden ?? false))
    .all<ItemRow>();
  return results.map(toItem);
}

/** The revision of the last change to any item; 0 for an empty catalogue. */
export const readRevision = async (db: D1Database): Promise<number> =>
  (await db.prepare('select max(revision) as revision from items').first<number>('revision')) ?? 0;

/** The cursor past every item of a revision. */
export const pastRevision = (revision: number): { revision: number; itemId: string } => ({
  revision,
  itemId: '\u{10ffff}',
});

/**
 * Items changed after a revision, ordered by (revision, id). A full page may have a successor: read again after its
 * last item.
 */
export async function readItemChanges(
  db: D1Database,
  after: { revision: number; itemId: string },
  limit: number,
): Promise<ItemChange[]> {
  const { results } = await db
    .prepare(
      `select ${ITEM_COLUMNS}, deleted_at as deletedAt, revision from items
       where (revision, item_id) > (?1, ?2) order by revision, item_id limit ?3`,
    )
    .bind(after.revision, after.itemId, limit)
    .all<ItemRow & { deletedAt: number | null; revision: number }>();
  return results.map((row) => ({
    revision: row.revision,
    itemId: row.itemId,
    item: row.deletedAt === null ? toItem(row) : null,
  }));
}
