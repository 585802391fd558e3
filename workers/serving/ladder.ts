// One answer within one deadline, whatever fails: composed now from live signals (online), or composed by the player's
// object after the last event (nearline), or by the last batch computation (batch), or from the data that every isolate
// caches (statistics). Items that must not be shown are left out on every rung.

import type { Degradation, GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import { createGenreFilter } from '../recommending/filters.ts';
import { recommendList } from '../recommending/lists.ts';
import { type BaselinePolicy, composeBaseline } from '../recommending/policies.ts';
import { composeGallery, type Page, type Ranking, recommend } from '../recommending/recommend.ts';
import { showsOwnGames } from '../recommending/rows.ts';
import { climb, type Served } from './climb.ts';
import { hydrate, type RecommendationRequest } from './hydrate.ts';
import { type Form, listRungs } from './rungs.ts';

export interface GalleryContent {
  rows: GalleryRow[];
  /** Undefined for stored rows and baseline pages. */
  page?: Page;
}

/** `policy`: requests a baseline page. If it cannot be composed, the ladder answers as usual. */
export async function answerGallery(
  request: RecommendationRequest,
  length: number,
  policy?: BaselinePolicy,
): Promise<Served<GalleryContent>> {
  const served = await answer<GalleryContent>(request, {
    baseline: policy && {
      compose: (input) => ({ rows: composeBaseline(policy, input, length) }),
      usesModel: policy !== 'popularity',
    },
    async compose(input) {
      const page = await composeGallery(input, length);
      return { content: { rows: page.rows, page }, ranking: page.ranking };
    },
    listPopular: (input) => recommendList(input, 'popular', length),
    cut: (rows) =>
      rows.length === 0 ? undefined : { rows: rows.map((row) => ({ ...row, items: row.items.slice(0, length) })) },
    empty: { rows: [] },
  });
  const isFilteredOut = served.page !== undefined && served.rows.length === 0 && served.input.catalogue.size > 0;
  if (!isFilteredOut) return served;
  return { ...served, answer: { ...served.answer, degraded: [...served.answer.degraded, NOTHING_LEFT] } };
}

const NOTHING_LEFT: Degradation = {
  step: 'filters',
  reason: 'No game passes the filters of the request, the player and the store’s rules.',
};

export interface RecommendationsContent {
  items: RecommendedItem[];
  /** Undefined for stored items. */
  ranking?: Ranking;
}

/** Only the top picks. */
export const answerRecommendations = (
  request: RecommendationRequest,
  length: number,
  genre?: string,
): Promise<Served<RecommendationsContent>> =>
  answer<RecommendationsContent>(request, {
    baseline: undefined,
    async compose(input) {
      const content = await recommend(input, length, genre);
      return { content, ranking: content.ranking };
    },
    listPopular: (input) => recommendList(input, 'popular', length, genre),
    cut(rows) {
      const items = pickItems(rows, genre).slice(0, length);
      return items.length === 0 ? undefined : { items };
    },
    empty: { items: [] },
  });

function pickItems(rows: readonly GalleryRow[], genre: string | undefined): RecommendedItem[] {
  const items = rows.filter(({ id }) => !showsOwnGames(id)).flatMap((row) => row.items);
  if (genre === undefined) return items;
  const filter = createGenreFilter(genre);
  return items.filter(({ item }) => item !== undefined && filter(item) === undefined);
}

async function answer<T extends object>(request: RecommendationRequest, form: Form<T>): Promise<Served<T>> {
  return climb(await hydrate(request), listRungs(request, form), form.empty);
}
