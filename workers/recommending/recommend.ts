// The algorithm on one screen: sources → filters → scores → slate. Pure: everything it reads is in the Moment.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import { chooseAnchors } from './anchors.ts';
import { type Candidate, type Filter, filterCandidates, take } from './candidates.ts';
import { notForPlayer, notShown, onlyGenre } from './filters.ts';
import type { Moment } from './moment.ts';
import { scorePersonally } from './scores.ts';
import { bestRated, newReleases, popular, retrieved, searched, similar, trending } from './sources.ts';

/** Candidates that are scored one by one, the best of the source after filtering: more than the longest slate. */
const SCORED_MAX = 250;
const ANCHOR_ROWS_MAX = 2;
const GENRE_ROWS_MAX = 2;
/** A genre below this share of the player's taste gets no row of its own. */
const GENRE_ROW_SHARE_MIN = 0.15;
/** Less than this looks like a mistake rather than a row. */
const ROW_LENGTH_MIN = 3;

/** The top picks for a player: what the model retrieves, and after it what is popular. */
export function recommend(moment: Moment, length: number, genre?: string): RecommendedItem[] {
  const filters = [...notForPlayer(moment.view), ...inGenre(genre)];
  return slate(withPopular(moment, scoreTopPicks(moment, filters), filters), length);
}

/** What goes with an item. */
export const recommendSimilar = (moment: Moment, to: Item, length: number): RecommendedItem[] =>
  slate(similar(moment, to), length);

/** One of the lists that are the same for everybody. */
export function recommendList(
  moment: Moment,
  list: keyof typeof LISTS,
  length: number,
  genre?: string,
): RecommendedItem[] {
  const items = slate(filterCandidates(LISTS[list](moment), inGenre(genre)), length);
  // Too few events, or votes, for a list of this kind: what is popular stands in, and says so by its reason.
  const listed = new Set(items.map(({ itemId }) => itemId));
  const more = filterCandidates(popular(moment), [...inGenre(genre), notShown(listed)]);
  return items.concat(slate(more, length - items.length));
}

const LISTS = { popular, trending, 'best-rated': bestRated, new: newReleases };

/** The rows of a player's page, each without what the player has or refused, and without what stands in a row above. */
export function composeGallery(moment: Moment, length: number): GalleryRow[] {
  const { view, affinity } = moment;
  const shown = new Set<string>();
  const filters = [...notForPlayer(view), notShown(shown)];
  const rows: GalleryRow[] = [];
  const add = (id: string, title: string, reason: string, candidates: Iterable<Candidate>) => {
    const items = slate(filterCandidates(candidates, filters), length);
    if (items.length === 0 || (items.length < ROW_LENGTH_MIN && rows.length > 0)) return;
    for (const { itemId } of items) shown.add(itemId);
    rows.push({ id, title, reason, items });
  };

  const picks = scoreTopPicks(moment, notForPlayer(view));
  // Events of items that nobody knows recommend nothing: their player is a newcomer still.
  if (moment.personal === null && affinity.length === 0)
    add('top-picks', 'Popular now', 'What players choose most', withPopular(moment, picks, filters));
  else
    add(
      'top-picks',
      'Top picks for you',
      'From what you played, liked and looked at',
      withPopular(moment, picks, filters),
    );
  const [query] = view.searches;
  if (query !== undefined) add('search', `More for “${query}”`, 'You searched for it', searched(moment, query));
  for (const { item, because } of chooseAnchors(view.history, moment.catalogue, ANCHOR_ROWS_MAX))
    add(`because-${item.itemId}`, `Because ${because} ${item.title}`, 'What goes with it', similar(moment, item));
  for (const { genre, share } of affinity.slice(0, GENRE_ROWS_MAX))
    if (share >= GENRE_ROW_SHARE_MIN)
      add(
        `genre-${genre}`,
        `More ${genre}`,
        `You like ${genre}`,
        withPopular(moment, picks, [...filters, onlyGenre(genre)]),
      );
  add('trending', 'Trending now', 'Played more than usual in the last days', trending(moment));
  add('best-rated', 'Best rated', 'Rated highly by many players', bestRated(moment));
  add('new', 'New releases', 'Just out', newReleases(moment));
  return rows;
}

/** The model's choice, or for a newcomer the popular ones, scored personally. */
function scoreTopPicks(moment: Moment, filters: readonly Filter[]): Candidate[] {
  const source = moment.personal === null ? popular(moment) : retrieved(moment, moment.personal);
  return scorePersonally(take(filterCandidates(source, filters), SCORED_MAX), moment);
}

/** The picks, and after them whatever else is popular: no slate stays short while the catalogue has more. */
function* withPopular(moment: Moment, picks: readonly Candidate[], filters: readonly Filter[]): Generator<Candidate> {
  yield* filterCandidates(picks, filters);
  const picked = new Set(picks.map(({ item }) => item.itemId));
  for (const candidate of filterCandidates(popular(moment), [...filters, notShown(picked)]))
    yield { ...candidate, score: 0 };
}

const inGenre = (genre: string | undefined): Filter[] => (genre === undefined ? [] : [onlyGenre(genre)]);

const slate = (candidates: Iterable<Candidate>, length: number): RecommendedItem[] =>
  take(candidates, length).map(({ item, score, reason }) => ({
    itemId: item.itemId,
    score: Math.round(score * 1e6) / 1e6,
    reason,
  }));
