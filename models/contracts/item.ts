// An item of the catalogue: a game. Storage reads and writes it.

import { z } from 'zod';
import { Id } from './id.ts';
import { text } from './text.ts';

export const ITEMS_PER_REQUEST_MAX = 500;
export const ITEMS_BODY_BYTES_MAX = 1024 * 1024;
export const LIST_LIMIT_MAX = 100;
/** Names of routes under /v1/items, which no item can have as its id. */
export const RESERVED_ITEM_IDS: ReadonlySet<string> = new Set(['popular', 'trending', 'best-rated', 'new']);

const Label = text(64);
const Labels = z.array(Label).max(64);

export const ItemId = Id.refine((id) => !RESERVED_ITEM_IDS.has(id), 'is the name of a list under /v1/items');

const fields = {
  title: text(300).meta({ example: 'Wynmere' }),
  genres: Labels.meta({ example: ['Strategy'] }),
  tags: Labels.meta({ example: ['RTS', 'Base-Building'] }),
  developer: text(200).nullable(),
  releaseDate: z.iso.date().nullable().meta({ example: '2016-03-12' }),
  price: z.number().min(0).max(1e6).nullable().meta({ description: 'In `currency`; 0 is free to play.' }),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'must be a currency code of ISO 4217')
    .nullable()
    .meta({ description: 'Currency of the price, by its ISO 4217 code.', example: 'USD' }),
  ageRating: z.number().int().min(0).max(21).nullable().meta({ description: 'Minimum age in years.' }),
  platforms: Labels.meta({ example: ['windows', 'linux'] }),
  coverUrl: z
    .string()
    .max(2000)
    .regex(/^(https:\/\/|\/)[^\s]*$/, 'must be an https URL or a path that begins with /')
    .nullable(),
  hidden: z.boolean().meta({ description: 'A hidden item is in no answer.' }),
};

/** A whole item without its id, as in PUT. Absent fields get their empty value; misspelt ones are refused. */
export const ItemInput = z
  .strictObject({
    title: fields.title,
    genres: fields.genres.default([]),
    tags: fields.tags.default([]),
    developer: fields.developer.default(null),
    releaseDate: fields.releaseDate.default(null),
    price: fields.price.default(null),
    currency: fields.currency.default(null),
    ageRating: fields.ageRating.default(null),
    platforms: fields.platforms.default([]),
    coverUrl: fields.coverUrl.default(null),
    hidden: fields.hidden.default(false),
  })
  .meta({ id: 'ItemInput' });

/** The fields to change, as in PATCH. A misspelt field, which would change nothing, is refused. */
export const ItemPatch = z.strictObject(fields).partial().meta({ id: 'ItemPatch' });
export type ItemPatch = z.infer<typeof ItemPatch>;

export const ItemWithIdInput = ItemInput.extend({ itemId: ItemId }).meta({ id: 'ItemWithIdInput' });

export const Item = z.object({ itemId: Id, ...fields }).meta({ id: 'Item' });
export type Item = z.infer<typeof Item>;
