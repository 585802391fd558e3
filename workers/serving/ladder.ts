// One answer within one deadline, whatever fails: composed now from live signals (online), or composed by the player's
// object after the last event (nearline), or by the last batch computation (batch), or from the data that every isolate
// caches (statistics). Items that must not be shown are left out on every rung.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { Policy } from '../../models/contracts/policy.ts';
import { continueList } from '../recommending/continue-list.ts';
import type { Selection } from '../recommending/filters.ts';
import { recommendList } from '../recommending/lists.ts';
import type { Ranking } from '../recommending/recommend.ts';
import { showsOwnGames } from '../recommending/rows.ts';
import { explainShort, listRemoved } from '../recommending/short.ts';
import { readByGallery, readByList } from './changes.ts';
import { climb, type Served } from './climb.ts';
import { composePage, type GalleryContent } from './compose-page.ts';
import { addDegraded, type HydratedRequest, hydrate } from './hydrate.ts';
import { composeInterleaved } from './interleave.ts';
import { isolate as thisIsolate } from './isolate.ts';
import type { RecommendationRequest } from './recommendation-request.ts';
import { type Form, listRungs } from './rungs.ts';
import { compareShadow, drawShadow } from './shadows.ts';

export interface GalleryOptions extends Pick<Selection, 'exclude'> {
  policy?: Policy | undefined;
}

/** If a baseline page is requested but cannot be composed, the ladder answers as usual. */
export async function answerGallery(
  request: RecommendationRequest,
  length: number,
  { policy, exclude }: GalleryOptions = {},
): Promise<Served<GalleryContent>> {
  const compose = (hydrated: HydratedRequest) => composePage(hydrated, length, { exclude });
  const served = await answer<GalleryContent>(
    { ...request, policy },
    {
      async compose(hydrated) {
        const { rival } = hydrated.plan;
        const content = await (rival ? composeInterleaved(hydrated, rival, length, { exclude }) : compose(hydrated));
        return { content, ranking: content.page?.ranking, usesModel: hydrated.plan.policy !== 'popularity' };
      },
      reads: readByGallery,
      listPopular: (input) => recommendList(input, 'popular', length, { exclude }),
      cut(rows) {
        const cut = rows
          .map((row) => ({ ...row, items: selectItems(row.items, { exclude }).slice(0, length) }))
          .filter(({ items }) => items.length > 0);
        return cut.length === 0 ? undefined : { rows: cut };
      },
      empty: { rows: [] },
    },
  );
  const shadow =
    request.variants === undefined ? drawShadow(served, request.isolate ?? thisIsolate, Date.now()) : undefined;
  if (shadow !== undefined) request.waitUntil(compareShadow(served, shadow, compose));
  const { input, page, rows } = served;
  if (hasFewGames(request, served) && rows.length > 0) return served;
  const removed = listRemoved(input, { exclude });
  // Not the first row of a full page: without any pick, it has the player's own games.
  const picks = page?.topPicks ?? rows[0]?.items ?? [];
  return addDegraded(served, explainShort(picks.length, length, removed));
}

export interface RecommendationsContent {
  items: RecommendedItem[];
  /** Undefined for stored items. */
  ranking?: Ranking;
}

/** Only the top picks. */
export const answerRecommendations = async (
  request: RecommendationRequest,
  length: number,
  selection: Selection = {},
): Promise<Served<RecommendationsContent>> => {
  const { offset = 0 } = selection;
  const served = await answer<RecommendationsContent>(request, {
    async compose({ input }) {
      const content = await continueList(input, length, selection);
      return { content, ranking: content.ranking, usesModel: true };
    },
    reads: readByList,
    // The whole list: `cut` skips the offset.
    listPopular: (input) => recommendList(input, 'popular', offset + length, { ...selection, offset: 0 }),
    cut(rows) {
      const items = pickItems(rows, selection).slice(offset, offset + length);
      return items.length === 0 ? undefined : { items };
    },
    empty: { items: [] },
  });
  return markShort(request, served, length, selection);
};

function pickItems(rows: readonly GalleryRow[], selection: Selection): RecommendedItem[] {
  const items = rows.filter(({ id }) => !showsOwnGames(id)).flatMap((row) => row.items);
  return selectItems(items, selection);
}

/** `items`: with whole items. */
function selectItems(items: readonly RecommendedItem[], { genre, exclude = [] }: Selection): RecommendedItem[] {
  const wanted = genre?.toLowerCase();
  const isWanted = (item: Item | undefined) => item?.genres.some((one) => one.toLowerCase() === wanted);
  return items.filter(({ itemId, item }) => !exclude.includes(itemId) && (wanted === undefined || isWanted(item)));
}

/** Adds to `degraded` that filters left fewer items than requested. */
function markShort(
  request: RecommendationRequest,
  served: Served<RecommendationsContent>,
  length: number,
  selection: Selection,
): Served<RecommendationsContent> {
  const { input, items } = served;
  // A later page is short at the list's end.
  if ((selection.offset ?? 0) > 0 || (hasFewGames(request, served) && items.length > 0)) return served;
  const degraded = explainShort(items.length, length, listRemoved(input, selection));
  return addDegraded(served, degraded);
}

/** True for stored rows and for those that are the same for everybody: missing games were never in them. */
const hasFewGames = (
  { shedReason }: Pick<RecommendationRequest, 'shedReason'>,
  { answer: { tier } }: Pick<Served<object>, 'answer'>,
): boolean => shedReason !== undefined || tier === 'nearline' || tier === 'batch';

async function answer<T extends object>(request: RecommendationRequest, form: Form<T>): Promise<Served<T>> {
  return climb(await hydrate(request), listRungs(request, form), form.empty);
}
