// The algorithm on one screen: sources → filters → scores → slate. Pure: everything it reads is in the Moment, the ranking
// model included.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import { type Filter, type Found, objectionTo, Pool, type ScoredCandidate, take } from './candidates.ts';
import { createRoom, diversify, keepCaps } from './diversity.ts';
import { certain, explore, type Placed, unexplored } from './exploration.ts';
import { forAnyRow, forContext, forPlayer, onlyGenre } from './filters.ts';
import type { Moment } from './moment.ts';
import { excludedByRule, prepareRules } from './rules.ts';
import { scoreCandidates } from './scores.ts';
import { listOwnShelves, listShelves, type Shelf } from './shelves.ts';
import { bestRated, newReleases, popular, retrieved, similar, trending } from './sources.ts';

/** Candidates of the largest source: more than the longest slate. */
const RETRIEVED_MAX = 200;
const POPULAR_MAX = 100;
const SHELF_MAX = 40;
/** Less than this looks like a mistake rather than a row. */
const ROW_LENGTH_MIN = 3;
/** What a row is worth is what its first items are, an item further right less. */
const LOOKED_AT = 6;

/** What may be shown and how good it is, from every source. */
export interface Ranked {
  pool: Pool;
  shelves: { shelf: Shelf; items: ScoredCandidate[] }[];
  unknown: ScoredCandidate[];
  /** All of them, best first; the first `pinned` of them are what rules pin. */
  candidates: ScoredCandidate[];
  pinned: number;
}

export interface Page {
  rows: GalleryRow[];
  /** Of the first row: what was left to chance. */
  placed: Placed[];
  ranked: Ranked;
}

/** Sources → filters → scores. */
export async function rank(moment: Moment, shelves: readonly Shelf[], more: readonly Filter[] = []): Promise<Ranked> {
  const pool = new Pool([...forPlayer(moment), ...more]);
  const rules = prepareRules(moment.rules);
  pool.add('rule', listed(moment, rules.pinnedIds), rules.pinnedIds.length);
  if (moment.personal !== null) pool.add('retrieval', retrieved(moment, moment.personal), RETRIEVED_MAX);
  pool.add('popular', popular(moment), POPULAR_MAX);
  const filled = shelves.map((shelf) => ({ shelf, own: pool.add(shelf.source, shelf.found, SHELF_MAX) }));
  const unknown = pool.add('exploration', unexplored(moment), Number.POSITIVE_INFINITY);

  const scored = await scoreCandidates(pool.kept.values(), moment, rules);
  const byId = new Map(scored.map((candidate) => [candidate.item.itemId, candidate]));
  const scoredOf = ({ item }: { item: Item }) => byId.get(item.itemId)!;
  const { pins = [], others = [] } = Object.groupBy(scored, ({ item }) =>
    rules.pinnedBy(item) === undefined ? 'others' : 'pins',
  );
  return {
    pool,
    shelves: filled.map(({ shelf, own }) => ({
      shelf,
      items: leanTo(shelf, own.map(scoredOf), scored[0]?.score ?? 1),
    })),
    unknown: unknown.map(scoredOf),
    candidates: [...pins, ...others],
    pinned: pins.length,
  };
}

/** The rows of a player's page, the most promising first; nothing stands twice on it. */
export async function composeGallery(moment: Moment, length: number): Promise<Page> {
  const ranked = await rank(moment, listShelves(moment));
  const shown = new Set<string>();
  const rows: GalleryRow[] = [];
  const add = (row: Omit<GalleryRow, 'items'>, items: readonly RecommendedItem[], lengthMin = ROW_LENGTH_MIN) => {
    if (items.length < (rows.length === 0 ? 1 : lengthMin)) return;
    for (const { itemId } of items) shown.add(itemId);
    rows.push({ ...row, items: [...items] });
  };
  const unseen = (items: readonly ScoredCandidate[]) => items.filter(({ item }) => !shown.has(item.itemId));

  const { pins, picks } = pickTop(ranked, length, moment);
  // The explored game takes the place of the last.
  const hasRoom = createRoom([...pins, ...picks.slice(0, -1)]);
  const unknown = ranked.unknown.filter(({ item }) => hasRoom(item));
  const placed = [...pins.map(certain), ...explore(picks, unknown, moment)];
  add(
    describeTopPicks(moment),
    placed.map(({ candidate, exploration }) =>
      toItem(candidate, exploration ? candidate.sources.exploration?.reason : undefined),
    ),
  );
  // A player's own games first: nothing is likelier to be played than what is being played.
  for (const { found, ...row } of listOwnShelves(moment, forAnyRow(moment)))
    add(
      row,
      found.slice(0, length).map((one) => toItem(one)),
      1,
    );
  for (const { shelf, items } of byPromise(ranked.shelves)) {
    const { id, title, reason, source } = shelf;
    const slate = keepCaps(unseen(items), length);
    add(
      { id, title, reason },
      slate.map((one) => toItem(one, one.sources[source]?.reason)),
    );
  }
  return { rows, placed, ranked };
}

/** The top picks alone, best first. */
export async function recommend(
  moment: Moment,
  length: number,
  genre?: string,
): Promise<{ items: RecommendedItem[]; ranked: Ranked }> {
  const ranked = await rank(moment, [], inGenre(genre));
  const { pins, picks } = pickTop(ranked, length, moment);
  return { items: [...pins, ...picks].map((one) => toItem(one)), ranked };
}

/** What goes with an item. */
export const recommendSimilar = (moment: Moment, to: Item, length: number): RecommendedItem[] =>
  listAllowed(moment, similar(moment, to), length);

/** One of the lists that are the same for everybody. */
export function recommendList(
  moment: Moment,
  list: keyof typeof LISTS,
  length: number,
  genre?: string,
): RecommendedItem[] {
  const items = listAllowed(moment, LISTS[list](moment), length, inGenre(genre));
  // Too few events, or votes, for a list of this kind: what is popular stands in, and says so by its reason.
  const already = new Set(items.map(({ itemId }) => itemId));
  const notListed: Filter = ({ itemId }) => (already.has(itemId) ? 'listed' : undefined);
  return [...items, ...listAllowed(moment, popular(moment), length - items.length, [...inGenre(genre), notListed])];
}

const LISTS = { popular, trending, 'best-rated': bestRated, new: newReleases };

function listAllowed(moment: Moment, found: Iterable<Found>, length: number, more: Filter[] = []): RecommendedItem[] {
  const filters = [...forContext(moment.context), ...excludedByRule(moment.rules), ...more];
  const allowed = function* () {
    for (const one of found) if (objectionTo(one.item, filters) === undefined) yield one;
  };
  return take(allowed(), length).map((one) => toItem(one));
}

/** What rules pin comes first, in its own order; the others share the rest of the slate fairly. */
function pickTop({ candidates, pinned }: Ranked, length: number, { affinity }: Moment) {
  const pins = candidates.slice(0, Math.min(pinned, length));
  return { pins, picks: diversify(candidates.slice(pins.length), length - pins.length, affinity) };
}

/** A shelf's own order, leaned towards what the player would choose. */
const leanTo = ({ source }: Shelf, items: ScoredCandidate[], best: number): ScoredCandidate[] => {
  const worth = ({ sources, score }: ScoredCandidate) => (sources[source]?.score ?? 0) * (1 + score / best);
  return items.sort((a, b) => worth(b) - worth(a));
};

/** Shelves by the engagement that their first items promise; what was searched for a moment ago needs no promise. */
function byPromise(shelves: Ranked['shelves']): Ranked['shelves'] {
  const promise = ({ shelf, items }: Ranked['shelves'][number]) => {
    if (shelf.source === 'search') return Number.POSITIVE_INFINITY;
    let worth = 0;
    let places = 0;
    for (let place = 0; place < LOOKED_AT; place++) {
      const discount = 1 / Math.log2(place + 2);
      worth += discount * (items[place]?.score ?? 0);
      places += discount;
    }
    return worth / places;
  };
  return shelves
    .map((one) => ({ one, worth: promise(one) }))
    .sort((a, b) => b.worth - a.worth)
    .map(({ one }) => one);
}

// Events of items that nobody knows recommend nothing: their player is a newcomer still.
const describeTopPicks = ({ personal, affinity }: Moment): Omit<GalleryRow, 'items'> =>
  personal === null && affinity.length === 0
    ? { id: 'top-picks', title: 'Popular now', reason: 'What players choose most' }
    : { id: 'top-picks', title: 'Top picks for you', reason: 'From what you played, liked and looked at' };

function* listed({ catalogue }: Moment, itemIds: readonly string[]): Generator<Found> {
  for (const itemId of itemIds) {
    const item = catalogue.get(itemId);
    if (item !== undefined) yield { item, score: 1, reason: 'Featured by the store' };
  }
}

const inGenre = (genre: string | undefined): Filter[] => (genre === undefined ? [] : [onlyGenre(genre)]);

const toItem = ({ item, score, reason }: Found, instead?: string): RecommendedItem => ({
  itemId: item.itemId,
  score: Math.round(score * 1e6) / 1e6,
  reason: instead ?? reason,
});
