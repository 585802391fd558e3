// Schemas of parameters that several endpoints share.

import { z } from '@hono/zod-openapi';
import { SLATE_LENGTH_DEFAULT, SLATE_LENGTH_MAX } from '../../models/contracts/gallery.ts';
import { Id } from '../../models/contracts/id.ts';
import { UserId } from '../../models/contracts/user-id.ts';

export const UserParams = z.object({
  userId: UserId.meta({
    param: { name: 'userId', in: 'path' },
    description: 'The player’s id. With a token: its own player’s id, or `me`.',
    example: 'player-0001',
  }),
});
export type UserParams = z.output<typeof UserParams>;

/** The path parameters that are players' ids. */
const PLAYER_PARAMS = ['userId', 'guestId'];

/** The ids of the store's own things. */
export const omitPlayers = (params: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !PLAYER_PARAMS.includes(name)));

export const ItemParams = z.object({
  itemId: Id.meta({ param: { name: 'itemId', in: 'path' }, example: 'wynmere' }),
});
export type ItemParams = z.output<typeof ItemParams>;

/** A whole number in a query: digits only, so that an empty value is not 0. */
export const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .meta({ type: 'integer', minimum: min, maximum: max });

export const slateQuery = {
  n: wholeNumber(1, SLATE_LENGTH_MAX).default(SLATE_LENGTH_DEFAULT).meta({ description: 'Items, at most.' }),
  expand: z.enum(['item']).optional().meta({ description: '`item` adds the whole item to each id.' }),
};
/** Splits a list of ids in a query. `%2C` stands for a comma in an id: no id contains a `%`. */
export const splitIds = (text: string): string[] => text.split(',').map((id) => id.replaceAll(/%2c/gi, ','));

const EXCLUDED_MAX = 200;
/** Far beyond what a player scrolls through. */
const OFFSET_MAX = 1_000;

export const pageQuery = {
  offset: wholeNumber(0, OFFSET_MAX)
    .optional()
    .meta({
      description:
        'Number of items to skip: the next page begins where the last one ended. With the `recommendationId` of the ' +
        'first page, later pages keep its order, whatever the player does in between; items that must no longer be ' +
        'shown are left out, so a page may be shorter.',
    }),
  recommendationId: Id.optional().meta({
    description:
      'Id of the first page, at most 24 hours old: the answer keeps its order and has the same id, which joins the ' +
      'events of all pages. New statistics, models, rules and preferences may change the order.',
  }),
  exclude: z
    .union([z.string(), z.array(z.string())])
    .transform((value) => [...new Set([value].flat().flatMap(splitIds))])
    .pipe(z.array(Id).max(EXCLUDED_MAX))
    .optional()
    .meta({
      type: 'string',
      description:
        `Ids of items to leave out, such as those in the cart: separated by commas or in repeated parameters; at ` +
        `most ${EXCLUDED_MAX}. A comma in an id is written \`%2C\`, which is \`%252C\` in the URL.`,
      example: 'wynmere,rising-towers',
    }),
};
export const Genre = z.string().min(1).max(64).optional().meta({ description: 'Only items of this genre, any case.' });
