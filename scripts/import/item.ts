// Converts a record of a foreign catalogue to an item. Fields that cannot be read are left empty; only the title is
// required.

import type { ZodType } from 'zod';
import { type Item, ItemWithIdInput, RESERVED_ITEM_IDS } from '../../models/contracts/item.ts';
import { fail, ok, type Result } from '../../models/contracts/result.ts';
import { readLines } from './lines.ts';
import { BEFORE_FIRST_LINE, type Row, skipLine } from './row.ts';

const LABEL_LENGTH_MAX = 64;
const LABELS_MAX = 64;
const TITLE_LENGTH_MAX = 300;
const DEVELOPER_LENGTH_MAX = 200;
const ITEM_ID_LENGTH_MAX = 128;
const PRICE_MAX = 1e6;
const AGE_MAX = 21;
const fields = ItemWithIdInput.shape;

/** An unvalidated record of a catalogue. */
export type ItemRecord = Record<string, unknown>;

/** Fields have our names or `release_date`, `age_rating`, `cover_url`. */
export function cleanItem(itemId: string, record: ItemRecord): Result<Item, string> {
  const title = cleanText(record.title, TITLE_LENGTH_MAX);
  if (title === null) return fail('title: is missing');
  const parsed = ItemWithIdInput.safeParse({
    itemId,
    title,
    genres: cleanLabels(record.genres),
    tags: cleanLabels(record.tags),
    developer: cleanText(record.developer, DEVELOPER_LENGTH_MAX),
    releaseDate: orNull(fields.releaseDate, record.releaseDate ?? record.release_date),
    price: cleanPrice(record.price),
    currency: orNull(fields.currency, record.currency),
    ageRating: cleanNumber(record.ageRating ?? record.age_rating, AGE_MAX, Number.isInteger),
    platforms: cleanLabels(record.platforms),
    coverUrl: orNull(fields.coverUrl, record.coverUrl ?? record.cover_url),
    hidden: record.hidden === true,
  });
  if (parsed.success) return ok(parsed.data);
  const issue = parsed.error.issues[0]!;
  return fail(`${issue.path.join('.')}: ${issue.message}`);
}

/** Derives an id for URLs from a title: its letters and digits, in any script. Undefined if it has none. */
export function slugify(title: string): string | undefined {
  const slug = title
    .replace(/['’™®©]/g, '')
    .normalize('NFKD')
    .replace(/[\u0300-\u036f]/g, '')
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{M}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '')
    .slice(0, ITEM_ID_LENGTH_MAX - '-game'.length);
  if (slug === '') return undefined;
  return RESERVED_ITEM_IDS.has(slug) ? `${slug}-game` : slug;
}

/** Returns the id of a record, from `itemId` or `item`; if it has none, an empty string, which no item accepts. */
export function recordId({ itemId, item }: ItemRecord): string {
  const id = itemId ?? item;
  return typeof id === 'string' || typeof id === 'number' ? String(id) : '';
}

/**
 * Reads a catalogue of JSON lines. `idOf` returns the item id of a record; undefined leaves the record out silently.
 */
export async function* readItemRecords(
  file: string,
  idOf: (record: ItemRecord) => string | undefined = recordId,
): AsyncGenerator<Exclude<Row, { kind: 'event' }>> {
  for await (const { text, number } of readLines(file)) {
    if (text.trim() === '') continue;
    const skip = (reason: string) => ({ ...skipLine(file, number, `item: ${reason}`), line: BEFORE_FIRST_LINE });
    const record = parseRecord(text);
    if (record === undefined) {
      yield skip('is not a JSON object');
      continue;
    }
    const itemId = idOf(record);
    if (itemId === undefined) continue;
    const item = cleanItem(itemId, record);
    yield item.ok ? { kind: 'item', item: item.value, line: BEFORE_FIRST_LINE } : skip(item.error);
  }
}

export function parseRecord(text: string): ItemRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as ItemRecord) : undefined;
  } catch {
    return undefined;
  }
}

function cleanText(value: unknown, lengthMax: number): string | null {
  if (typeof value !== 'string') return null;
  return value.trim().slice(0, lengthMax).trim() || null;
}

function cleanLabels(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const labels = value.map((label) => cleanText(label, LABEL_LENGTH_MAX)).filter((label) => label !== null);
  return [...new Set(labels)].slice(0, LABELS_MAX);
}

function cleanPrice(value: unknown): number | null {
  if (typeof value === 'string' && /^\s*(play for )?free\b/i.test(value)) return 0;
  return cleanNumber(typeof value === 'string' ? value.replace(/^\s*[$€£]/, '') : value, PRICE_MAX);
}

function cleanNumber(value: unknown, max: number, test: (n: number) => boolean = Number.isFinite): number | null {
  const n = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof n === 'number' && test(n) && n >= 0 && n <= max ? n : null;
}

const orNull = (schema: ZodType, value: unknown): unknown => (schema.safeParse(value).success ? value : null);
