// The rows that a page may have: what each is called, why it is there, and which source fills it. Which of them are shown,
// and in which order, is decided in recommend.ts.

import type { UserState } from '../../models/contracts/signals.ts';
import { chooseAnchors } from './anchors.ts';
import { type Filter, type Found, findFilterReason, type SourceName, take } from './candidates.ts';
import { BECAUSE, filterByGenre } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import {
  bestRated,
  getCountryList,
  hiddenGems,
  newReleases,
  popular,
  retrieved,
  searched,
  similar,
  trending,
} from './sources.ts';

export interface Shelf {
  id: string;
  title: string;
  reason: string;
  source: SourceName;
  found: Iterable<Found>;
}

/** The first row. Events of items that nobody knows recommend nothing: their player is a newcomer still. */
export function describeTopPicks(input: RankingInput): Pick<Shelf, 'id' | 'title' | 'reason'> {
  const id = 'top-picks';
  if (input.modelScores !== null || input.affinity.length > 0)
    return { id, title: 'Top picks for you', reason: explainTopPicks(input.user) };
  return getCountryList(input, 'popularByCountry').length > 0
    ? { id, title: 'Popular in your country', reason: 'What players choose most where you are' }
    : { id, title: 'Popular now', reason: 'What players choose most' };
}

function explainTopPicks({ history }: UserState): string {
  const liked = history.filter(({ weight }) => weight > 0);
  if (liked.some(({ strongestType }) => strongestType !== 'pick')) return 'From what you played, liked and looked at';
  return liked.length === 0 && history.length > 0 ? 'Other than what you dismissed' : 'From what you picked';
}

const ANCHOR_SHELVES_MAX = 2;
const GENRE_SHELVES_MAX = 3;
/** A genre below this share of the player's taste gets no row of its own. */
const GENRE_SHARE_MIN = 0.15;
/** Of what the model retrieves, and of what is popular: where a genre's row looks. */
const GENRE_DEPTH = 400;

/** All but the first row and those of the player's own games. */
export function listShelves(input: RankingInput): Shelf[] {
  const { user, affinity } = input;
  const shelves: Shelf[] = [];
  // The newest that found anything: a slip of the fingers is no reason to forget the one before.
  for (const query of user.searches) {
    const found = searched(input, query);
    if (found.length === 0) continue;
    shelves.push({
      id: 'search',
      title: `More for “${query}”`,
      reason: 'You searched for it',
      source: 'search',
      found,
    });
    break;
  }
  for (const { item, because } of chooseAnchors(input, ANCHOR_SHELVES_MAX))
    shelves.push({
      id: `${BECAUSE}${item.itemId}`,
      title: `Because ${because} ${item.title}`,
      reason: 'What goes with it',
      source: 'similar',
      found: similar(input, item),
    });
  const strong = affinity.slice(0, GENRE_SHELVES_MAX).filter(({ share }) => share >= GENRE_SHARE_MIN);
  const best = strong.length === 0 ? [] : listBest(input);
  for (const { genre } of strong)
    shelves.push({
      id: `genre-${genre}`,
      title: `More ${genre}`,
      reason: `You like ${genre}`,
      source: 'genre',
      found: ofGenre(best, genre),
    });
  const inCountry = getCountryList(input, 'trendingByCountry').length > 0;
  return [
    ...shelves,
    {
      id: 'trending',
      title: inCountry ? 'Trending in your country' : 'Trending now',
      reason: inCountry ? 'Played more than usual where you are' : 'Played more than usual in the last days',
      source: 'trending',
      found: trending(input),
    },
    {
      id: 'best-rated',
      title: 'Best rated',
      reason: 'Rated highly by many players',
      source: 'best-rated',
      found: bestRated(input),
    },
    { id: 'new', title: 'New releases', reason: 'Just out', source: 'new', found: newReleases(input) },
    {
      id: 'hidden-gems',
      title: 'Hidden gems',
      reason: 'Rated highly, known to few',
      source: 'hidden-gems',
      found: hiddenGems(input),
    },
  ];
}

/** What the model retrieves first, and after it what is popular. */
const listBest = (input: RankingInput): Found[] => [
  ...(input.modelScores === null ? [] : take(retrieved(input, input.modelScores), GENRE_DEPTH)),
  ...take(popular(input), GENRE_DEPTH),
];

function* ofGenre(best: readonly Found[], genre: string): Generator<Found> {
  const filter = filterByGenre(genre);
  for (const found of best) if (filter(found.item) === undefined) yield found;
}

/** Played within these days: still being played. */
const CONTINUE_DAYS = 21;
/** Left alone for this long … */
const AWAY_DAYS = 30;
/** … after having been played a lot, or liked as well. */
const LOVED_WEIGHT_MIN = 0.9;

export interface OwnShelf {
  id: 'continue' | 'jump-back-in';
  title: string;
  reason: string;
  found: Found[];
}

/** The rows of what the player plays already: no filter of owned and played games holds there. */
export function listOwnShelves({ user, catalogue }: RankingInput, filters: readonly Filter[]): OwnShelf[] {
  const games = (test: (playedDaysAgo: number, weight: number) => boolean, reason: string): Found[] =>
    user.history.flatMap(({ itemId, weight, playedDaysAgo }) => {
      const item = catalogue.get(itemId);
      if (item === undefined || playedDaysAgo === undefined || !test(playedDaysAgo, weight)) return [];
      return findFilterReason(item, filters) === undefined ? [{ item, score: weight, reason }] : [];
    });
  return [
    {
      id: 'continue',
      title: 'Continue playing',
      reason: 'You played it lately',
      found: games((daysAgo, weight) => daysAgo <= CONTINUE_DAYS && weight > 0, 'You played it lately'),
    },
    {
      id: 'jump-back-in',
      title: 'Jump back in',
      reason: 'You played it a lot, a while ago',
      found: games(
        (daysAgo, weight) => daysAgo > AWAY_DAYS && weight >= LOVED_WEIGHT_MIN,
        'You played it a lot, a while ago',
      ),
    },
  ];
}
