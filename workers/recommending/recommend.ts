// The algorithm on one screen: sources → filters → scores → slate. Pure: everything it reads is in the Moment, the ranking
// model included.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import {
  type Filter,
  type Found,
  type FoundCandidate,
  objectionTo,
  Pool,
  type ScoredCandidate,
  type SourceName,
  take,
} from './candidates.ts';
import { createRoom, diversify, keepCaps } from './diversity.ts';
import { certain, explore, type Placed, unexplored } from './exploration.ts';
import { forAnyRow, forPlayer, onlyGenre } from './filters.ts';
import type { Moment } from './moment.ts';
import { prepareRules } from './rules.ts';
import { scoreCandidates } from './scores.ts';
import { listOwnShelves, listShelves, type Shelf } from './shelves.ts';
import {
  bestRated,
  listOfCountry,
  newReleases,
  popular,
  popularNear,
  retrieved,
  similar,
  trending,
  unlearnt,
} from './sources.ts';

/** Candidates of the largest source: more than the longest slate. */
const RETRIEVED_MAX = 200;
const POPULAR_MAX = 100;
const UNLEARNT_MAX = 50;
/**
 * How far a shelf looks for what its player would choose: its own order says who may stand there, the player's score who does.
 * Far, by measurement (docs/experiments.md), but in a small store not so far that all shelves hold the same.
 */
const shelfDepth = (items: number): number => Math.max(40, Math.min(100, Math.floor(items / 4)));
/** Less than this looks like a mistake rather than a row. */
const ROW_LENGTH_MIN = 3;
/** What comes after the top picks. It says least of why: rows that speak of the player come before it, and others about as good. */
const MORE_PICKS: Omit<Shelf, 'source' | 'found'> & { source?: undefined } = {
  id: 'more-picks',
  title: 'More picks for you',
  reason: 'What comes next',
};
const UNEXPLAINED = 0.8;
const PERSONAL: ReadonlySet<SourceName | undefined> = new Set(['search', 'similar', 'genre']);
/** What a row is worth is what its first items are, an item further right less. */
const LOOKED_AT = 6;

/** A candidate on a shelf, and what that shelf's own source says of it. */
interface ShelvedCandidate extends ScoredCandidate {
  own?: Pick<FoundCandidate, 'score' | 'reason'>;
}

/** What may be shown and how good it is, from every source. */
export interface Ranked {
  pool: Pool;
  shelves: { shelf: Shelf; items: ShelvedCandidate[] }[];
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
  const pool = new Pool([...more, ...forPlayer(moment)]);
  const rules = prepareRules(moment.rules);
  pool.add('rule', listed(moment, rules.pinnedIds), rules.pinnedIds.length);
  if (moment.personal !== null) pool.add('retrieval', retrieved(moment, moment.personal), RETRIEVED_MAX);
  pool.add('popular', popularNear(moment), POPULAR_MAX);
  pool.add('unlearnt', unlearnt(moment), UNLEARNT_MAX);
  const depth = shelfDepth(moment.catalogue.size);
  const filled = shelves.map((shelf) => ({ shelf, own: pool.add(shelf.source, shelf.found, depth) }));
  const unknown = pool.add('exploration', unexplored(moment), Number.POSITIVE_INFINITY);

  const scored = await scoreCandidates(pool.kept.values(), moment, rules);
  const byId = new Map(scored.map((candidate) => [candidate.item.itemId, candidate]));
  const scoredOf = ({ candidate }: FoundCandidate) => byId.get(candidate.item.itemId)!;
  const { pins = [], others = [] } = Object.groupBy(scored, ({ item }) => (rules.isPinned(item) ? 'pins' : 'others'));
  return {
    pool,
    shelves: filled.map(({ shelf, own }) => ({
      shelf,
      items: leanToShelf(own.map((one) => ({ ...scoredOf(one), own: one }))),
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
  const add = (
    row: Omit<GalleryRow, 'items'>,
    items: readonly RecommendedItem[],
    lengthMin = Math.min(ROW_LENGTH_MIN, length),
  ) => {
    if (items.length < (rows.length === 0 ? 1 : lengthMin)) return;
    for (const { itemId } of items) shown.add(itemId);
    rows.push({ ...row, items: [...items] });
  };
  const unseen = function* <T extends ScoredCandidate>(items: readonly T[]) {
    for (const one of items) if (!shown.has(one.item.itemId)) yield one;
  };

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
  const waiting: { shelf: Omit<Shelf, 'source' | 'found'> & { source?: SourceName }; items: ShelvedCandidate[] }[] = [
    ...ranked.shelves,
    { shelf: MORE_PICKS, items: ranked.candidates },
  ];
  while (waiting.length > 0) {
    // What a row promises is what is left for it: those above may have had its best.
    const ready = waiting.some(({ shelf }) => PERSONAL.has(shelf.source))
      ? waiting.filter(({ shelf }) => shelf !== MORE_PICKS)
      : waiting;
    const best =
      ready[placeOfBest(ready.map(({ shelf, items }) => promiseOf(shelf, keepCaps(unseen(items), LOOKED_AT))))]!;
    const { id, title, reason } = best.shelf;
    const slate = keepCaps(unseen(best.items), length);
    add(
      { id, title, reason },
      slate.map((one) => toItem(one, one.own?.reason)),
    );
    waiting.splice(waiting.indexOf(best), 1);
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
  if (list === 'popular') return items;
  // Too few events, or votes, for a list of this kind: what is popular stands in, and says so by its reason.
  const already = new Set(items.map(({ itemId }) => itemId));
  const notListed: Filter = ({ itemId }) => (already.has(itemId) ? 'listed' : undefined);
  return [...items, ...listAllowed(moment, popular(moment), length - items.length, [notListed, ...inGenre(genre)])];
}

const LISTS = { popular, trending, 'best-rated': bestRated, new: newReleases };

function listAllowed(moment: Moment, found: Iterable<Found>, length: number, more: Filter[] = []): RecommendedItem[] {
  const filters = [...more, ...forPlayer(moment)];
  const allowed = function* () {
    for (const one of found) if (objectionTo(one.item, filters) === undefined) yield one;
  };
  return take(allowed(), length).map((one) => toItem(one));
}

/** What rules pin comes first, in its own order; the others share the rest of the slate fairly. */
function pickTop({ candidates, pinned }: Ranked, length: number, { affinity }: Moment) {
  const pins = candidates.slice(0, Math.min(pinned, length));
  return { pins, picks: diversify(candidates.slice(pins.length), length - pins.length, affinity, pins) };
}

/** Among what a shelf may show the player's score decides, and its own order leans it. */
const leanToShelf = (items: ShelvedCandidate[]): ShelvedCandidate[] => {
  const worth = ({ own, score }: ShelvedCandidate) => score * (1 + (own?.score ?? 0));
  return items.sort((a, b) => worth(b) - worth(a));
};

/** The engagement that a row's first items promise; what was searched for a moment ago needs no promise. */
function promiseOf({ id }: Pick<Shelf, 'id'>, items: readonly ScoredCandidate[]): number {
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

const placeOfBest = (values: readonly number[]): number => values.indexOf(Math.max(...values));

// Events of items that nobody knows recommend nothing: their player is a newcomer still.
function describeTopPicks(moment: Moment): Omit<GalleryRow, 'items'> {
  const id = 'top-picks';
  const hasActed = moment.view.history.some(({ strongestType }) => strongestType !== 'pick');
  if (moment.personal !== null || moment.affinity.length > 0)
    return {
      id,
      title: 'Top picks for you',
      reason: `From what you ${hasActed ? 'played, liked and looked at' : 'picked'}`,
    };
  return listOfCountry(moment, 'popularByCountry').length > 0
    ? { id, title: 'Popular in your country', reason: 'What players choose most where you are' }
    : { id, title: 'Popular now', reason: 'What players choose most' };
}

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
