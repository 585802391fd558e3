// Converts items between gorse's shape and the catalogue's. Fields that only the catalogue has are empty in a new item.

import { z } from 'zod';
import { type Item, ItemId, ItemPatch, ItemWithIdInput } from '../../models/contracts/item.ts';
import { invalidInput } from '../online/problems.ts';
import { checkRepeatedId } from './shapes.ts';
import { Timestamp, ZERO_TIME } from './timestamps.ts';

export const GorseItem = z.strictObject({
  ItemId,
  IsHidden: z.boolean().default(false),
  Categories: z.array(z.string()).default([]),
  Timestamp: Timestamp.optional(),
  Labels: z.unknown().optional(),
  Comment: z.string().default(''),
});
export type GorseItem = z.output<typeof GorseItem>;

/** A null field stays as it is. */
export const GorseItemPatch = z.strictObject({
  ItemId: z.string().nullish(),
  IsHidden: z.boolean().nullish(),
  Categories: z.array(z.string()).nullish(),
  Timestamp: Timestamp.nullish(),
  Labels: z.unknown().optional(),
  Comment: z.string().nullish(),
});

const GORSE_NAMES: Partial<Record<PropertyKey, string>> = {
  itemId: 'ItemId',
  title: 'Comment',
  genres: 'Categories',
  tags: 'Labels',
  releaseDate: 'Timestamp',
  hidden: 'IsHidden',
};

interface Labels {
  tags: string[];
  /** True if some labels are not texts: numbers cannot be tags. */
  hasOthers: boolean;
}

/** Collects the texts in labels: a list, or an object of lists and objects, whose property names are dropped. */
export function readLabels(labels: unknown): Labels {
  const tags = new Set<string>();
  let hasOthers = false;
  // Not recursive: a body may nest a hundred thousand lists.
  const pending: unknown[] = [labels];
  for (const value of pending) {
    if (typeof value === 'string') tags.add(value);
    else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) pending.push(inner);
    else if (value !== null && value !== undefined) hasOthers = true;
  }
  return { tags: [...tags], hasOthers };
}

export const listNotKept = (labels: unknown): string[] => (readLabels(labels).hasOthers ? ['Labels'] : []);

/** Throws a problem that names invalid fields by gorse's names. `path`: the path of the item in the body. */
export function toItem(item: GorseItem, path: readonly PropertyKey[]): Item {
  const { ItemId: itemId, Categories, Labels, IsHidden, Comment, Timestamp: time } = item;
  return parseAs(
    ItemWithIdInput,
    {
      itemId,
      title: toTitle(Comment, itemId),
      genres: Categories,
      tags: readLabels(Labels).tags,
      releaseDate: time === undefined ? null : toDate(time),
      hidden: IsHidden,
    },
    path,
  );
}

/** Returns only the fields that the patch changes. Throws as `toItem` does. */
export function toPatch(itemId: string, patch: z.output<typeof GorseItemPatch>): ItemPatch {
  const { ItemId, Categories, Labels, IsHidden, Comment, Timestamp: time } = patch;
  checkRepeatedId('ItemId', ItemId, itemId);
  return parseAs(
    ItemPatch,
    {
      ...(typeof Comment === 'string' && { title: toTitle(Comment, itemId) }),
      ...(Categories && { genres: Categories }),
      ...(Labels !== undefined && Labels !== null && { tags: readLabels(Labels).tags }),
      ...(typeof time === 'number' && { releaseDate: toDate(time) }),
      ...(typeof IsHidden === 'boolean' && { hidden: IsHidden }),
    },
    [],
  );
}

export const toGorseItem = ({ itemId, hidden, genres, releaseDate, tags, title }: Item) => ({
  ItemId: itemId,
  IsHidden: hidden,
  Categories: genres,
  Timestamp: releaseDate === null ? ZERO_TIME : `${releaseDate}T00:00:00Z`,
  Labels: tags,
  Comment: title,
});

/** Falls back to the id, since a game needs a title. */
const toTitle = (comment: string, itemId: string): string => (comment.trim() === '' ? itemId : comment);

const toDate = (time: number): string => new Date(time).toISOString().slice(0, 10);

function parseAs<S extends z.ZodType>(schema: S, value: unknown, at: readonly PropertyKey[]): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalidInput(
    parsed.error.issues.map(({ path: [field, ...rest], message }) => ({
      path: [...at, GORSE_NAMES[field!] ?? field!, ...rest],
      message,
    })),
  );
}
