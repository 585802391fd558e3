// Converts a staged record of a catalogue to an item. Fields that cannot be read are left empty and named; only the
// title is required.

import type { ZodType } from 'zod';
import { type Item, ItemWithIdInput, RESERVED_ITEM_IDS } from '../../models/contracts/item.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { readDate, readLabels, readList, readPrice, trimText } from './item-fields.ts';
import type { ITEM_COLUMNS } from './own-columns.ts';

const LABEL_LENGTH_MAX = 64;
const LABELS_MAX = 64;
const TITLE_LENGTH_MAX = 300;
const DEVELOPER_LENGTH_MAX = 200;
const ITEM_ID_LENGTH_MAX = 128;
const AGE_MAX = 21;
const TRUE = /^(true|1|t|yes)$/i;
const fields = ItemWithIdInput.shape;

/** The text of each column; null or absent if the file has none. */
export type ItemRecord = Partial<Record<(typeof ITEM_COLUMNS)[number], string | null>>;

export interface CleanItem {
  item: Item;
  /** Fields whose text could not be read. */
  emptied: readonly (keyof Item)[];
}

export function cleanItem(itemId: string, record: ItemRecord): Result<CleanItem, string> {
  const title = trimText(record.title ?? '', TITLE_LENGTH_MAX);
  if (title === '') return fail('title: is missing');
  const price = readPrice(record.price ?? '');
  const candidate = {
    title,
    genres: cleanLabels(record.genres),
    tags: cleanLabels(record.tags),
    developer: cleanDeveloper(record.developer ?? ''),
    releaseDate: readDate(record.releaseDate ?? ''),
    price: orNull(fields.price, price?.amount),
    currency: orNull(fields.currency, record.currency?.trim().toUpperCase() || price?.currency),
    ageRating: orNull(fields.ageRating, readAge(record.ageRating ?? '')),
    platforms: cleanLabels(record.platforms),
    coverUrl: orNull(fields.coverUrl, record.coverUrl?.trim()),
    hidden: TRUE.test(record.hidden ?? ''),
  };
  const parsed = ItemWithIdInput.safeParse({ itemId, ...candidate });
  if (!parsed.success) {
    const issue = parsed.error.issues[0]!;
    return fail(`${issue.path.join('.')}: ${issue.message}`);
  }
  const item = parsed.data;
  const isEmpty = (value: unknown) => value === null || (Array.isArray(value) && value.length === 0);
  const emptied = EMPTYABLE.filter((field) => isEmpty(item[field]) && saysSomething(record[field]));
  return ok({ item, emptied });
}

const EMPTYABLE = [
  ...(['genres', 'tags', 'developer', 'releaseDate', 'price', 'currency'] as const),
  ...(['ageRating', 'platforms', 'coverUrl'] as const),
];

/** Catalogues write an unknown fact in many ways. */
const NOTHING = /^\s*(|null|none|nan|n\/a|unknown|tba|-|\[\s*\]|\{\s*\})\s*$/i;
const saysSomething = (text: string | null | undefined): boolean => !NOTHING.test(text ?? '');

/** Several developers are one text. */
function cleanDeveloper(text: string): string | null {
  if (NOTHING.test(text)) return null;
  const names = readList(text) ?? text.split('|').map((name) => name.trim());
  return trimText(names.join(', '), DEVELOPER_LENGTH_MAX) || null;
}

function cleanLabels(text: string | null | undefined): string[] {
  const labels = readLabels(text ?? '')
    .map((label) => trimText(label, LABEL_LENGTH_MAX))
    .filter((label) => label !== '');
  return [...new Set(labels)].slice(0, LABELS_MAX);
}

/** “16”, “16+”, “PEGI 16”. */
function readAge(text: string): number | undefined {
  const age = /^\D*(\d+)(\.0)?\+?\s*$/.exec(text)?.[1];
  return age === undefined || Number(age) > AGE_MAX ? undefined : Number(age);
}

const orNull = (schema: ZodType, value: unknown): unknown => (schema.safeParse(value).success ? (value ?? null) : null);

/** Derives an id for URLs from a title: its letters and digits, in any script. Undefined if it has none. */
export function slugify(title: string): string | undefined {
  const slug = title
    .replace(/['’™®©]/g, '')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  const id = trimText(slug, ITEM_ID_LENGTH_MAX - '-game'.length);
  if (id === '') return undefined;
  return RESERVED_ITEM_IDS.has(id) ? `${id}-game` : id;
}
