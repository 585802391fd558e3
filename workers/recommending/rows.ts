// Which row of a page comes next, and what leads in it: by what is left of its shelf for this player.

import type { RowCandidate0, ScoredCandidate, SourceName } from './candidates.ts';
import { keepCaps } from './diversity.ts';
import type { Shelf } from './shelves.ts';

/** What comes after the top picks. It says least of why: rows that speak of the player come before it, and others about as good. */
export const MORE_PICKS: Row = { id: 'more-picks', title: 'More picks for you', reason: 'What comes next' };
const UNEXPLAINED = 0.8;
const PERSONAL: ReadonlySet<SourceName | undefined> = new Set(['search', 'similar', 'genre']);
/** What a row is worth is what its first items are, an item further right less. */
const LOOKED_AT = 6;

type Row = Pick<Shelf, 'id' | 'title' | 'reason'> & { source?: SourceName };

/** A candidate on a shelf, and what that shelf's own source says of it. */
export interface ShelvedCandidate extends ScoredCandidate {
  own?: Pick<RowCandidate0, 'score' | 'reason'>;
}

export interface FilledShelf {
  shelf: Row;
  items: readonly ShelvedCandidate[];
}

/** Among what a shelf may show the player's score decides, and its own order leans it. */
export function leanToShelf(items: readonly ShelvedCandidate[]): ShelvedCandidate[] {
  const worth = ({ own, score }: ShelvedCandidate) => score * (1 + (own?.score ?? 0));
  return items.toSorted((a, b) => worth(b) - worth(a));
}

/** Takes out of those that wait the row that promises most. `unseen`: what of a shelf does not stand above already. */
export function takeMostPromising<S extends FilledShelf>(
  waiting: S[],
  unseen: (items: S['items']) => Iterable<ShelvedCandidate>,
): S {
  const isPersonalLeft = waiting.some(({ shelf }) => PERSONAL.has(shelf.source));
  let best = 0;
  let most = Number.NEGATIVE_INFINITY;
  for (const [place, { shelf, items }] of waiting.entries()) {
    if (isPersonalLeft && shelf.id === MORE_PICKS.id) continue;
    // What a row promises is what is left for it: those above may have had its best.
    const promise = promiseOf(shelf, keepCaps(unseen(items), LOOKED_AT));
    if (promise > most) [best, most] = [place, promise];
  }
  return waiting.splice(best, 1)[0]!;
}

/** The engagement that a row's first items promise; what was searched for lately needs no promise. */
function promiseOf({ id }: Row, items: readonly ScoredCandidate[]): number {
  if (id === 'search') return Number.POSITIVE_INFINITY;
  let worth = 0;
  let places = 0;
  for (let place = 0; place < LOOKED_AT; place++) {
    const discount = 1 / Math.log2(place + 2);
    worth += discount * (items[place]?.score ?? 0);
    places += discount;
  }
  return (id === MORE_PICKS.id ? UNEXPLAINED : 1) * (worth / places);
}
