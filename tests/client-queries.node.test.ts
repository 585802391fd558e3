// The client's types of queries have the parameters of the routes. TypeScript checks this; the test only says so. It is
// not in client/, whose compilation does not know the Worker's types.

import type { z } from '@hono/zod-openapi';
import { expect, it } from 'vitest';
import type * as client from '../client/types.ts';
import type { SimilarQuery } from '../workers/online/lists.ts';
import type { galleryQuery, RecommendationsQuery } from '../workers/online/recommendations.ts';
import type { SearchQuery } from '../workers/online/search.ts';

/** Explanations are for keys alone; the text of a search is an argument of its own. */
type NamesOf<Schema extends z.ZodType> = Exclude<keyof z.input<Schema>, 'explain' | 'q'>;
type Same<A, B> = [A, B] extends [B, A] ? true : false;

const SAME: {
  gallery: Same<keyof client.GalleryQuery, keyof typeof galleryQuery>;
  recommendations: Same<keyof client.PageQuery, NamesOf<typeof RecommendationsQuery>>;
  similar: Same<keyof client.PageQuery, NamesOf<typeof SimilarQuery>>;
  search: Same<keyof client.SearchQuery, NamesOf<typeof SearchQuery>>;
} = { gallery: true, recommendations: true, similar: true, search: true };

it('the queries of the client have the parameters of the routes', () => {
  expect(Object.values(SAME)).not.toContain(false);
});
