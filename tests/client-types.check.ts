// Compares the client's copies of the contracts with the originals: the server accepts what the client sends, its
// answers fit the client's types, both sides have the same fields, and queries have the parameters of the routes. It is
// never run: `npm run typecheck` checks it. It is not in client/, which is compiled without the Worker's types.

import type { z } from '@hono/zod-openapi';
import type { ProblemDocument } from '../client/problem.ts';
import type * as client from '../client/types.ts';
import type * as event from '../models/contracts/event.ts';
import type * as gallery from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Notice } from '../models/contracts/notice.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { Problem } from '../models/contracts/problem.ts';
import type { SimilarQuery } from '../workers/online/lists.ts';
import type { galleryQuery, RecommendationsQuery } from '../workers/online/recommendations.ts';
import type { SearchQuery } from '../workers/online/search.ts';

/** Values of `A` may be used as `B`, and both have the same fields. */
type Fits<A, B> = [A] extends [B] ? Same<keyof A, keyof B> : false;
type Same<A, B> = [A, B] extends [B, A] ? true : false;
/** Explanations and looks at variants are for keys alone; the text of a search is an argument of its own. */
type NamesOf<Schema extends z.ZodType> = Exclude<keyof z.input<Schema>, 'explain' | 'variant' | 'q'>;
type Check<Results extends Record<string, true>> = Results;

export type Fitting = Check<{
  event: Fits<client.EventInput, event.EventInput>;
  eventType: Fits<event.EventType, client.EventType>;
  result: Fits<event.EventResult, client.EventResult>;
  item: Fits<Item, client.Item>;
  recommendedItem: Fits<gallery.RecommendedItem, client.RecommendedItem>;
  row: Fits<gallery.GalleryRow, client.GalleryRow>;
  // Explanations are for keys alone.
  gallery: Fits<Omit<gallery.Gallery, 'explain'>, client.Gallery>;
  recommendations: Fits<Omit<gallery.Recommendations, 'explain'>, client.Recommendations>;
  notice: Fits<Notice, client.Notice>;
  preferences: Fits<Preferences, client.Preferences>;
  sentPreferences: Fits<client.Preferences, Preferences>;
  problem: Fits<Problem, ProblemDocument>;
}>;

export type Queries = Check<{
  gallery: Same<keyof client.GalleryQuery, keyof typeof galleryQuery>;
  recommendations: Same<keyof client.PageQuery, NamesOf<typeof RecommendationsQuery>>;
  similar: Same<keyof client.PageQuery, NamesOf<typeof SimilarQuery>>;
  search: Same<keyof client.SearchQuery, NamesOf<typeof SearchQuery>>;
}>;
