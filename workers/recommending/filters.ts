// The rules of what must not be shown to this player, here and now. Deleted and hidden items need none: the catalogue in
// memory does not hold them.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { GalleryRow } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { UserView } from '../../models/contracts/signals.ts';
import { type Filter, objectionTo } from './candidates.ts';
import type { Moment } from './moment.ts';
import { excludedByRule } from './rules.ts';

type Asked = Pick<Moment, 'view' | 'context' | 'rules'>;

/** What holds for whatever a player is recommended: safety first, then what the player asked not to see. */
export const forPlayer = (asked: Asked): Filter[] => [notHad(asked.view), ...forAnyRow(asked)];

/** What holds even where a player's own games are shown. */
export const forAnyRow = ({ view, context, rules }: Asked): Filter[] => [
  notRefused(view),
  ...forContext(context, view.preferences.ageLimit),
  ...excludedByRule(rules),
  ...asAskedFor(view),
];

/** What a player has or has played is not recommended again. */
function notHad({ owned, played }: UserView): Filter {
  // One look-up for each candidate, not two.
  const reasons = new Map<string, string>();
  for (const itemId of played) reasons.set(itemId, 'played');
  for (const itemId of owned) reasons.set(itemId, 'owned');
  return ({ itemId }) => reasons.get(itemId);
}

function notRefused({ dismissed }: UserView): Filter {
  const refused = new Set(dismissed);
  return ({ itemId }) => (refused.has(itemId) ? 'dismissed' : undefined);
}

/** Of the request's age limit and the player's own the stricter one holds. A game without a rating passes no limit. */
export function forContext({ platform, ageLimit: asked }: RequestContext, own: number | null = null): Filter[] {
  const filters: Filter[] = [];
  const limits = [asked, own].filter((limit) => limit !== null);
  if (limits.length > 0) {
    const limit = Math.min(...limits);
    filters.push(({ ageRating }) => {
      if (ageRating === null) return 'has no age rating';
      return ageRating > limit ? `rated for ${ageRating}` : undefined;
    });
  }
  if (platform !== null) {
    const wanted = platform.toLowerCase();
    filters.push(({ platforms }) =>
      platforms.length > 0 && !platforms.some((one) => one.toLowerCase() === wanted)
        ? `not for ${platform}`
        : undefined,
    );
  }
  return filters;
}

/** Muted genres and tags, and the release window. */
function asAskedFor({ preferences }: UserView): Filter[] {
  const { mutedGenres, mutedTags, releasedFrom, releasedUntil } = preferences;
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

export const onlyGenre = (genre: string): Filter => {
  const wanted = genre.toLowerCase();
  return (item) => (item.genres.some((one) => one.toLowerCase() === wanted) ? undefined : `not ${genre}`);
};

/** Rows that are shown although the player has or has played what stands in them. */
export const OWN_ROWS: ReadonlySet<string> = new Set(['continue', 'jump-back-in']);

/** Rows that were made before, as they may be shown now: what has gone, and what must not be shown any more, is left out. */
export function keepSafe(rows: readonly GalleryRow[], moment: Asked & Pick<Moment, 'catalogue'>): GalleryRow[] {
  const strict = forPlayer(moment);
  const lenient = forAnyRow(moment);
  return rows
    .map((row) => ({
      ...row,
      items: row.items.filter(({ itemId }) => {
        const item = moment.catalogue.get(itemId);
        return item !== undefined && objectionTo(item, OWN_ROWS.has(row.id) ? lenient : strict) === undefined;
      }),
    }))
    .filter(({ items }) => items.length > 0);
}
