// The filters of one request: items that must not be shown to this player in this context. Deleted and hidden items
// need none: no source visits them.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import { type ItemColumns, NO_AGE_RATING, NO_DAY, toDay } from '../../models/features/item-columns.ts';
import type { Folds } from '../../models/features/string-table.ts';
import type { Filter } from './filter.ts';
import type { RankingInput } from './ranking-input.ts';
import { createRuleFilters } from './rules.ts';

/** The inputs of a request's filters. */
export type Restrictions = Pick<RankingInput, 'user' | 'context' | 'rules' | 'catalogue'>;

/** For every item that is recommended. */
export const createPlayerFilters = (restrictions: Restrictions): Filter[] => [
  createHistoryFilter(restrictions.user, restrictions.catalogue.columns),
  ...createOwnGameFilters(restrictions),
];

/** For rows of the player's own games, and for search. */
export const createOwnGameFilters = (restrictions: Restrictions): Filter[] => [
  ...createNamingFilters(restrictions),
  ...createPlatformFilters(restrictions.context, restrictions.catalogue.columns),
  ...createReleaseDateFilters(restrictions.user, restrictions.catalogue.columns),
];

/** For a game that is only named in a row's title. */
export const createNamingFilters = ({ user, context, rules, catalogue: { columns } }: Restrictions): Filter[] => [
  createListFilter(user.dismissed, columns, 'dismissed'),
  ...createAgeFilters([context.ageLimit, user.preferences.ageLimit], columns),
  ...createMuteFilters(user, columns),
  ...createRuleFilters(rules, columns),
];

/** Passes items that the player neither owns nor has played. */
function createHistoryFilter({ owned, played }: UserState, columns: ItemColumns): Filter {
  const listed = findIndexes([...owned, ...played], columns);
  const isOwned = (index: number) => owned.includes(columns.ids[index]!);
  return { listed, removes: (index) => listed.has(index), explain: (index) => (isOwned(index) ? 'owned' : 'played') };
}

export function createListFilter(itemIds: readonly string[], columns: ItemColumns, reason: string): Filter {
  const listed = findIndexes(itemIds, columns);
  return { listed, removes: (index) => listed.has(index), explain: () => reason };
}

const findIndexes = (itemIds: readonly string[], columns: ItemColumns): ReadonlySet<number> => {
  const indexes = new Set<number>();
  for (const itemId of itemIds) indexes.add(columns.indexOf(itemId));
  return indexes;
};

/** The strictest age limit applies. An item without a rating passes none. */
function createAgeFilters(limits: readonly (number | null)[], columns: ItemColumns): Filter[] {
  const limit = Math.min(...limits.map((one) => one ?? Number.POSITIVE_INFINITY));
  if (limit === Number.POSITIVE_INFINITY) return [];
  const isUnrated = (index: number) => columns.ageRatings[index] === NO_AGE_RATING;
  return [
    {
      key: `age ${limit}`,
      removes: (index) => isUnrated(index) || columns.ageRatings[index]! > limit,
      explain: (index) => (isUnrated(index) ? 'has no age rating' : `rated for ${columns.ageRatings[index]}`),
    },
  ];
}

function createPlatformFilters({ platform }: RequestContext, { labels }: ItemColumns): Filter[] {
  if (platform === null) return [];
  const wanted = labels.table.findFolds([platform]);
  return [
    {
      key: `platform ${wanted.only}`,
      removes: (index) => labels.hasPlatforms(index) && labels.findPlatform(index, wanted) < 0,
      explain: () => `not for ${platform}`,
    },
  ];
}

function createMuteFilters({ preferences: { mutedGenres, mutedTags } }: UserState, { labels }: ItemColumns): Filter[] {
  const create = (muted: readonly string[], find: (index: number, folds: Folds) => number): Filter[] => {
    const folds = labels.table.findFolds(muted);
    if (folds.size === 0) return [];
    return [
      {
        removes: (index) => find(index, folds) >= 0,
        explain: (index) => `muted: ${labels.table.strings[labels.cells[find(index, folds)]!]}`,
      },
    ];
  };
  return [
    ...create(mutedGenres, (index, folds) => labels.findGenre(index, folds)),
    ...create(mutedTags, (index, folds) => labels.findTag(index, folds)),
  ];
}

function createReleaseDateFilters(
  { preferences: { releasedFrom, releasedUntil } }: UserState,
  columns: ItemColumns,
): Filter[] {
  const filters: Filter[] = [];
  const from = toDay(releasedFrom);
  const until = toDay(releasedUntil);
  if (releasedFrom !== null)
    filters.push({
      removes: (index) => columns.releaseDays[index]! < from,
      explain: () => `not released since ${releasedFrom}`,
    });
  if (releasedUntil !== null)
    filters.push({
      removes: (index) => columns.releaseDays[index] === NO_DAY || columns.releaseDays[index]! > until,
      explain: () => `not released until ${releasedUntil}`,
    });
  return filters;
}

/** Options of a request for a list, besides its length. */
export interface Selection {
  /** Case does not matter. */
  genre?: string | undefined;
  /** Ids of items to leave out, such as those in the cart. */
  exclude?: readonly string[] | undefined;
  /** Items to skip, best first. */
  offset?: number | undefined;
}

export const createSelectionFilters = ({ genre, exclude = [] }: Selection, columns: ItemColumns): Filter[] => [
  ...(genre === undefined ? [] : [createGenreFilter(genre, columns)]),
  ...(exclude.length === 0 ? [] : [createListFilter(exclude, columns, 'excluded')]),
];

export function createGenreFilter(genre: string, { labels }: ItemColumns): Filter {
  const wanted = labels.table.findFolds([genre]);
  return {
    key: `genre ${wanted.only}`,
    removes: (index) => labels.findGenre(index, wanted) < 0,
    explain: () => `not ${genre}`,
  };
}
