// The filters of one request: items that must not be shown to this player in this context. Deleted and hidden items
// need none: they are not in the catalogue in memory.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { Filter } from './filter.ts';
import type { RankingInput } from './ranking-input.ts';
import { createRuleFilters } from './rules.ts';

/** The inputs of a request's filters. */
export type Restrictions = Pick<RankingInput, 'user' | 'context' | 'rules'>;

/** For every item that is recommended. */
export const createPlayerFilters = (restrictions: Restrictions): Filter[] => [
  createHistoryFilter(restrictions.user),
  ...createOwnGameFilters(restrictions),
];

/** For rows of the player's own games, and for search. */
export const createOwnGameFilters = (restrictions: Restrictions): Filter[] => [
  ...createNamingFilters(restrictions),
  ...createPlatformFilters(restrictions.context),
  ...createReleaseDateFilters(restrictions.user),
];

/** For a game that is only named in a row's title. */
export const createNamingFilters = ({ user, context, rules }: Restrictions): Filter[] => [
  createDismissalFilter(user),
  ...createAgeFilters(context.ageLimit, user.preferences.ageLimit),
  ...createMuteFilters(user),
  ...createRuleFilters(rules),
];

/** Passes items that the player neither owns nor has played. */
function createHistoryFilter({ owned, played }: UserState): Filter {
  // One lookup per item instead of two.
  const reasons = new Map<string, string>();
  for (const itemId of played) reasons.set(itemId, 'played');
  for (const itemId of owned) reasons.set(itemId, 'owned');
  return ({ itemId }) => reasons.get(itemId);
}

function createDismissalFilter({ dismissed }: UserState): Filter {
  const removed = new Set(dismissed);
  return ({ itemId }) => (removed.has(itemId) ? 'dismissed' : undefined);
}

/** The stricter of the request's and the player's age limits applies. An item without a rating passes neither. */
function createAgeFilters(ofRequest: number | null, ofPlayer: number | null): Filter[] {
  const limits = [ofRequest, ofPlayer].filter((limit) => limit !== null);
  if (limits.length === 0) return [];
  const limit = Math.min(...limits);
  return [
    ({ ageRating }) => {
      if (ageRating === null) return 'has no age rating';
      return ageRating > limit ? `rated for ${ageRating}` : undefined;
    },
  ];
}

function createPlatformFilters({ platform }: RequestContext): Filter[] {
  if (platform === null) return [];
  const wanted = platform.toLowerCase();
  return [
    ({ platforms }) =>
      platforms.length > 0 && !platforms.some((one) => one.toLowerCase() === wanted)
        ? `not for ${platform}`
        : undefined,
  ];
}

const createMuteFilters = ({ preferences: { mutedGenres, mutedTags } }: UserState): Filter[] => [
  ...createLabelFilters(mutedGenres, ({ genres }) => genres),
  ...createLabelFilters(mutedTags, ({ tags }) => tags),
];

function createLabelFilters(muted: readonly string[], listLabels: (item: Item) => readonly string[]): Filter[] {
  if (muted.length === 0) return [];
  const names = new Set(muted.map((label) => label.toLowerCase()));
  return [
    (item) => {
      const met = listLabels(item).find((label) => names.has(label.toLowerCase()));
      return met && `muted: ${met}`;
    },
  ];
}

function createReleaseDateFilters({ preferences: { releasedFrom, releasedUntil } }: UserState): Filter[] {
  const filters: Filter[] = [];
  if (releasedFrom !== null)
    filters.push(({ releaseDate }) =>
      (releaseDate ?? '') < releasedFrom ? `not released since ${releasedFrom}` : undefined,
    );
  if (releasedUntil !== null)
    filters.push(({ releaseDate }) =>
      releaseDate === null || releaseDate > releasedUntil ? `not released until ${releasedUntil}` : undefined,
    );
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

export function createSelectionFilters({ genre, exclude = [] }: Selection): Filter[] {
  const excluded = new Set(exclude);
  return [
    ...(genre === undefined ? [] : [createGenreFilter(genre)]),
    ...(excluded.size === 0 ? [] : [({ itemId }: Item) => (excluded.has(itemId) ? 'excluded' : undefined)]),
  ];
}

export function createGenreFilter(genre: string): Filter {
  const wanted = genre.toLowerCase();
  return ({ genres }) => (genres.some((one) => one.toLowerCase() === wanted) ? undefined : `not ${genre}`);
}
