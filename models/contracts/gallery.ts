// Answers with recommendations: galleries and lists.

import { z } from 'zod';
import { Assignment } from './assignment.ts';
import { Item } from './item.ts';

/** Items per row of a gallery. */
export const GALLERY_ROW_LENGTH_DEFAULT = 12;
export const SLATE_LENGTH_DEFAULT = 20;
export const SLATE_LENGTH_MAX = 100;

/**
 * online: composed with a model from the player's live signals. nearline: composed by the player's object after the
 * last events. batch: composed by the last batch computation. statistics: composed from the lists that every isolate
 * caches (popularity, trend, ratings), for a cold-start user or because every step before it failed.
 */
export const TIERS = ['online', 'nearline', 'batch', 'statistics'] as const;
export type Tier = (typeof TIERS)[number];

/** Sources of candidates (workers/recommending/sources.ts), as an explanation names them. The page labels each. */
export const SOURCES = [
  'rule',
  'retrieval',
  'popular',
  'cold-start',
  'search',
  'similar',
  'genre',
  'trending',
  'best-rated',
  'new',
  'hidden-gems',
  'exploration',
] as const;
export type SourceName = (typeof SOURCES)[number];

/** Kinds of rows: see the table in workers/recommending/rows.ts. */
export const ROW_KINDS = [
  'top-picks',
  'continue',
  'jump-back-in',
  'search',
  'because',
  'genre',
  'trending',
  'best-rated',
  'new',
  'hidden-gems',
  'more-picks',
] as const;
export type RowKind = (typeof ROW_KINDS)[number];

/**
 * The steps of an answer that can fall back. signals: the player's object; log: the player's events in D1, read if the
 * object fails; safety: games for adults are left out, as the player could not be identified. catalogue, statistics,
 * release, rules: cached by every isolate. model, ranking: the models of the release. composition: the algorithm;
 * filters: nothing was left to show. nearline, batch: the stored galleries. deadline: loading the catalogue exceeded
 * it, or it had passed before the answer began. overload: too many answers were in flight. search, search-event:
 * full-text search, and recording the search.
 */
export const DEGRADED_STEPS = [
  'signals',
  'log',
  'safety',
  'catalogue',
  'statistics',
  'release',
  'rules',
  'model',
  'ranking',
  'composition',
  'filters',
  'nearline',
  'batch',
  'deadline',
  'overload',
  'search',
  'search-event',
] as const;
export type DegradedStep = (typeof DEGRADED_STEPS)[number];

export const Degradation = z
  .object({
    step: z.enum(DEGRADED_STEPS),
    reason: z.string().meta({ description: 'For people: the text may change.' }),
  })
  .meta({ id: 'Degradation' });
export type Degradation = z.infer<typeof Degradation>;

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
  recommendationId: z.string().meta({ description: 'Send it with the events that react to this answer.' }),
  tier: z.enum(TIERS),
  release: z.string().nullable().meta({ description: 'Version of the model release in use.' }),
  generatedAt: z.iso.datetime(),
  dataUntil: z.iso.datetime().nullable().meta({ description: 'The newest event that the release was trained on.' }),
  degraded: z.array(Degradation).meta({ description: 'Steps that fell back, with the reason; empty if none did.' }),
  experiments: z
    .array(Assignment)
    .meta({ description: 'The player’s variants, of the experiments that made a difference to this answer.' }),
};

/** Explains why an item is or is not in an answer. */
export const Explanation = z
  .object({
    itemId: z.string(),
    shown: z
      .object({ rowId: z.string(), column: z.number().int() })
      .nullable()
      .meta({
        description:
          'Its row, and its column there, from 0; null if it is not shown. The `position` of events counts over all ' +
          'rows.',
      }),
    why: z.string(),
    score: z.number().nullable(),
    rank: z.number().int().nullable().meta({ description: 'Order by score among all candidates, from 0.' }),
    candidates: z.number().int().meta({ description: 'Number of candidates.' }),
    sources: z
      .partialRecord(z.enum(SOURCES), z.number())
      .meta({ description: 'The sources that retrieved it, each with its score; the best item of a source has 1.' }),
    rules: z.array(z.string()).meta({ description: 'The store’s rules in force that match it.' }),
    propensity: z
      .number()
      .nullable()
      .meta({
        description:
          'In the first row of a gallery: the probability of this item at this position, given the ranking, over the ' +
          'random draws of exploration (a cold-start item, a shuffled order). 1 if nothing is random; null in other ' +
          'rows.',
      }),
  })
  .meta({ id: 'Explanation' });
export type Explanation = z.infer<typeof Explanation>;

const explain = z.array(Explanation).optional().meta({
  description: 'With ?explain: the items asked about, or all that were shown and all that were removed.',
});

export const Recommendations = z
  .object({ ...answer, items: z.array(RecommendedItem), explain })
  .meta({ id: 'Recommendations' });
export type Recommendations = z.infer<typeof Recommendations>;

export const GalleryRow = z
  .object({
    id: z.string().meta({
      description: 'Its kind; for `because` and `genre` followed by `-` and the game’s id or the genre.',
      example: 'because-wynmere',
    }),
    title: z.string(),
    reason: z.string(),
    items: z.array(RecommendedItem),
  })
  .meta({ id: 'GalleryRow' });
export type GalleryRow = z.infer<typeof GalleryRow>;

/** `request`: its age limit, platform and `exclude`. `history`: what the player owns, has played or dismissed. */
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
      'If the catalogue has games but the composed page has no row: what removed them. Lifting any one of these ' +
      'shows something; if no single one is enough, all that remove games are listed.',
  });

export const Gallery = z.object({ ...answer, rows: z.array(GalleryRow), emptiedBy, explain }).meta({ id: 'Gallery' });
export type Gallery = z.infer<typeof Gallery>;
