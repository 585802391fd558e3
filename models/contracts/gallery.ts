// What a recommendation answers with.

import { z } from 'zod';
import { Item } from './item.ts';

export const SLATE_LENGTH_DEFAULT = 20;
export const SLATE_LENGTH_MAX = 100;

/**
 * online: a model ranked with the player's live signals. nearline: the gallery that the player's object made after the
 * last events. batch: the gallery that the last batch computation made. statistics: the lists every isolate holds
 * (popularity, trend, ratings), for a newcomer or because every step before it failed.
 */
export const TIERS = ['online', 'nearline', 'batch', 'statistics'] as const;
export type Tier = (typeof TIERS)[number];

export const RecommendedItem = z
  .object({
    itemId: z.string(),
    score: z.number(),
    reason: z.string(),
    item: Item.optional().meta({ description: 'The whole item, with ?expand=item.' }),
  })
  .meta({ id: 'RecommendedItem' });
export type RecommendedItem = z.infer<typeof RecommendedItem>;

const answer = {
  recommendationId: z.string().meta({ description: 'Send it back with the events that react to this answer.' }),
  tier: z.enum(TIERS),
  release: z.string().nullable().meta({ description: 'Version of the model release in use.' }),
  generatedAt: z.iso.datetime(),
  dataUntil: z.iso.datetime().nullable().meta({ description: 'Newest event that the release has learnt from.' }),
  degraded: z.array(z.string()).meta({ description: 'Steps that fell back, with the reason; empty when all is well.' }),
};

/** Why an item is in an answer, or why it is not. */
export const Explanation = z
  .object({
    itemId: z.string(),
    shown: z
      .object({ rowId: z.string(), position: z.number().int() })
      .nullable()
      .meta({ description: 'Where it stands, places from 0; null where it does not.' }),
    why: z.string(),
    score: z.number().nullable(),
    rank: z.number().int().nullable().meta({ description: 'Among all candidates, from 0.' }),
    candidates: z.number().int().meta({ description: 'How many there were.' }),
    sources: z.record(z.string(), z.number()).meta({ description: 'Which found it, and their scores, the best at 1.' }),
    rules: z.array(z.string()).meta({ description: 'Rules of the store, in force now, that speak of it.' }),
    propensity: z
      .number()
      .nullable()
      .meta({ description: 'In the first row: how likely it was to stand there, dice aside.' }),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.infer<typeof Explanation>;

const explain = z.array(Explanation).optional().meta({
  description: 'With ?explain: the items that were asked about, or all that were shown and all that were removed.',
});

export const Recommendations = z
  .object({ ...answer, items: z.array(RecommendedItem), explain })
  .meta({ id: 'Recommendations' });
export type Recommendations = z.infer<typeof Recommendations>;

export const GalleryRow = z
  .object({ id: z.string(), title: z.string(), reason: z.string(), items: z.array(RecommendedItem) })
  .meta({ id: 'GalleryRow' });
export type GalleryRow = z.infer<typeof GalleryRow>;

/** `request`: its age limit and platform. `history`: what the player owns, has played or dismissed. */
export const EMPTIED_BY = [
  'mutedGenres',
  'mutedTags',
  'releaseWindow',
  'ageLimit',
  'request',
  'rules',
  'history',
] as const;
export type EmptiedBy = (typeof EMPTIED_BY)[number];

const emptiedBy = z
  .array(z.enum(EMPTIED_BY))
  .optional()
  .meta({
    description:
      'Where no row is left of a catalogue that has games: what removed them. Lifting any of these shows something; where ' +
      'no single one is enough, all that remove games are listed.',
  });

export const Gallery = z.object({ ...answer, rows: z.array(GalleryRow), emptiedBy, explain }).meta({ id: 'Gallery' });
export type Gallery = z.infer<typeof Gallery>;
