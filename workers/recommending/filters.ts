// The rules of what must not be shown to this player, here and now. Deleted and hidden items need none: the catalogue in
// memory does not hold them.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { GalleryRow } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import { type Filter, findFilterReason } from './candidates.ts';
import type { RankingInput } from './ranking-input.ts';
import { filtersOfRules } from './rules.ts';

type Asked = Pick<RankingInput, 'user' | 'context' | 'rules'>;

/** What holds for whatever a player is recommended: safety first, then what the player asked not to see. */
export const filtersForPlayer = (asked: Asked): Filter[] => [notHad(asked.user), ...filtersForOwnGames(asked)];

/** What holds even where a player's own games are shown. */
export const filtersForOwnGames = (asked: Asked): Filter[] => [
  ...filtersForNaming(asked),
  ...ofPlatform(asked.context),
  ...releasedWithin(asked.user),
];

/** What holds even where a game is only named: as the one that a row goes with. */
export const filtersForNaming = ({ user, context, rules }: Asked): Filter[] => [
  notRefused(user),
  ...ratedFor(context.ageLimit, user.preferences.ageLimit),
  ...notMuted(user),
  ...filtersOfRules(rules),
];

/** What a player has or has played is not recommended again. */
function notHad({ owned, played }: UserState): Filter {
  // One look-up for each candidate, not two.
  const reasons = new Map<string, string>();
  for (const itemId of played) reasons.set(itemId, 'played');
  for (const itemId of owned) reasons.set(itemId, 'owned');
  return ({ itemId }) => reasons.get(itemId);
}

function notRefused({ dismissed }: UserState): Filter {
  const refused = new Set(dismissed);
  return ({ itemId }) => (refused.has(itemId) ? 'dismissed' : undefined);
}

/** Of the request's age limit and the player's own the stricter one holds. A game without a rating passes no limit. */
function ratedFor(asked: number | null, own: number | null): Filter[] {
  const limits = [asked, own].filter((limit) => limit !== null);
  if (limits.length === 0) return [];
  const limit = Math.min(...limits);
  return [
    ({ ageRating }) => {
      if (ageRating === null) return 'has no age rating';
      return ageRating > limit ? `rated for ${ageRating}` : undefined;
    },
  ];
}

function ofPlatform({ platform }: RequestContext): Filter[] {
  if (platform === null) return [];
  const wanted = platform.toLowerCase();
  return [
    ({ platforms }) =>
      platforms.length > 0 && !platforms.some((one) => one.toLowerCase() === wanted)
        ? `not for ${platform}`
        : undefined,
  ];
}

function notMuted({ preferences: { mutedGenres, mutedTags } }: UserState): Filter[] {
  const filters: Filter[] = [];
  const mute = (muted: readonly string[], labelsOf: (item: Item) => readonly string[]) => {
    if (muted.length === 0) return;
    const names = new Set(muted.map((label) => label.toLowerCase()));
    filters.push((item) => {
      const met = labelsOf(item).find((label) => names.has(label.toLowerCase()));
      return met && `muted: ${met}`;
    });
  };
  mute(mutedGenres, ({ genres }) => genres);
  mute(mutedTags, ({ tags }) => tags);
  return filters;
}

function releasedWithin({ preferences: { releasedFrom, releasedUntil } }: UserState): Filter[] {
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

/** None where no genre is asked for. */
export const inGenre = (genre: string | undefined): Filter[] => (genre === undefined ? [] : [filterByGenre(genre)]);

export const filterByGenre = (genre: string): Filter => {
  const wanted = genre.toLowerCase();
  return (item) => (item.genres.some((one) => one.toLowerCase() === wanted) ? undefined : `not ${genre}`);
};

/** Rows that are shown although the player has or has played what stands in them. */
export const OWN_ROWS: ReadonlySet<string> = new Set(['continue', 'jump-back-in']);
/** Begins the id of a row that goes with a game; the game's id follows. */
export const BECAUSE = 'because-';

/**
 * Rows that were made before, as they may be shown now: what has gone, and what must not be shown any more, is left out, and
 * with it the row that names it; so is such a row where the catalogue cannot be read, for nobody can say of what it names.
 */
export function filterRows(rows: readonly GalleryRow[], input: Asked & Pick<RankingInput, 'catalogue'>): GalleryRow[] {
  const strict = filtersForPlayer(input);
  const lenient = filtersForOwnGames(input);
  const naming = filtersForNaming(input);
  const mayBeNamed = ({ id }: GalleryRow) => {
    if (!id.startsWith(BECAUSE)) return true;
    const item = input.catalogue.get(id.slice(BECAUSE.length));
    return item !== undefined && findFilterReason(item, naming) === undefined;
  };
  return rows
    .filter(mayBeNamed)
    .map((row) => ({
      ...row,
      items: row.items.filter(({ itemId }) => {
        const item = input.catalogue.get(itemId);
        return item !== undefined && findFilterReason(item, OWN_ROWS.has(row.id) ? lenient : strict) === undefined;
      }),
    }))
    .filter(({ items }) => items.length > 0);
}
