// The algorithm on one screen: sources → filters → scores → slate. Pure: everything it reads is in the Moment, the ranking
// model included.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import { CandidatePool, type Filter, type RowCandidate0, type ScoredCandidate, toItem } from './candidates.ts';
import { createRoom, diversify, keepCaps } from './diversity.ts';
import { certain, explore, type Placed, unexplored } from './exploration.ts';
import { filtersForOwnGames, filtersForPlayer, inGenre } from './filters.ts';
import type { RankingInput } from './ranking-input.ts';
import { type FilledShelf, leanToShelf, MORE_PICKS, takeMostPromising } from './rows.ts';
import { prepareRules } from './rules.ts';
import { scoreCandidates } from './scores.ts';
import { describeTopPicks, listOwnShelves, listShelves, type Shelf } from './shelves.ts';
import { coldStart, featured, popularInCountry, retrieved } from './sources.ts';

/** Candidates of the largest source: more than the longest slate. */
const RETRIEVED_MAX = 200;
const POPULAR_MAX = 100;
const COLD_START_MAX = 50;
/**
 * How far a shelf looks for what its player would choose: its own order says who may stand there, the player's score who does.
 * Far, by measurement (docs/experiments.md), but in a small store not so far that all shelves hold the same.
 */
const shelfDepth = (items: number): number => Math.max(40, Math.min(100, Math.floor(items / 4)));
/** Less than this looks like a mistake rather than a row. */
const ROW_LENGTH_MIN = 3;

/** What may be shown and how good it is, from every source. */
export interface Ranking {
  pool: CandidatePool;
  shelves: FilledShelf[];
  unknown: ScoredCandidate[];
  /** All of them, best first; the first `pinned` of them are what rules pin. */
  candidates: ScoredCandidate[];
  pinned: number;
}

export interface Page {
  rows: GalleryRow[];
  /** Of the first row: what was left to chance. */
  placed: Placed[];
  ranked: Ranking;
}

/** Sources → filters → scores. */
export async function rankCandidates(
  input: RankingInput,
  shelves: readonly Shelf[],
  more: readonly Filter[] = [],
): Promise<Ranking> {
  const pool = new CandidatePool([...more, ...filtersForPlayer(input)]);
  const rules = prepareRules(input.rules);
  pool.add('rule', featured(input, rules.pinnedIds), rules.pinnedIds.length);
  if (input.modelScores !== null) pool.add('retrieval', retrieved(input, input.modelScores), RETRIEVED_MAX);
  pool.add('popular', popularInCountry(input), POPULAR_MAX);
  pool.add('cold-start', coldStart(input), COLD_START_MAX);
  const depth = shelfDepth(input.catalogue.size);
  const filled = shelves.map((shelf) => ({ shelf, own: pool.add(shelf.source, shelf.found, depth) }));
  const unknown = pool.add('exploration', unexplored(input), Number.POSITIVE_INFINITY);

  const scored = await scoreCandidates(pool.kept.values(), input, rules);
  const byId = new Map(scored.map((candidate) => [candidate.item.itemId, candidate]));
  const scoredOf = ({ candidate }: RowCandidate0) => byId.get(candidate.item.itemId)!;
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
export async function composeGallery(input: RankingInput, length: number): Promise<Page> {
  const ranked = await rankCandidates(input, listShelves(input));
  const shown = new Set<string>();
  const rows: GalleryRow[] = [];
  const add = (
    { id, title, reason }: Omit<GalleryRow, 'items'>,
    items: readonly RecommendedItem[],
    lengthMin = Math.min(ROW_LENGTH_MIN, length),
  ) => {
    if (items.length < (rows.length === 0 ? 1 : lengthMin)) return;
    for (const { itemId } of items) shown.add(itemId);
    rows.push({ id, title, reason, items: [...items] });
  };
  const unseen = function* <T extends ScoredCandidate>(items: readonly T[]) {
    for (const one of items) if (!shown.has(one.item.itemId)) yield one;
  };

  const { pins, picks } = pickTop(ranked, length, input);
  // The explored game takes the place of the last.
  const hasRoom = createRoom([...pins, ...picks.slice(0, -1)]);
  const unknown = ranked.unknown.filter(({ item }) => hasRoom(item));
  const placed = [...pins.map(certain), ...explore(picks, unknown, input)];
  add(
    describeTopPicks(input),
    placed.map(({ candidate, exploration }) =>
      toItem(candidate, exploration ? candidate.sources.exploration?.reason : undefined),
    ),
  );
  // A player's own games first: nothing is likelier to be played than what is being played.
  for (const shelf of listOwnShelves(input, filtersForOwnGames(input)))
    add(
      shelf,
      shelf.found.slice(0, length).map((one) => toItem(one)),
      1,
    );
  const waiting: FilledShelf[] = [...ranked.shelves, { shelf: MORE_PICKS, items: ranked.candidates }];
  while (waiting.length > 0) {
    const { shelf, items } = takeMostPromising(waiting, unseen);
    const slate = keepCaps(unseen(items), length);
    add(
      shelf,
      slate.map((one) => toItem(one, one.own?.reason)),
    );
  }
  return { rows, placed, ranked };
}

/** The top picks alone, best first. */
export async function recommend(
  input: RankingInput,
  length: number,
  genre?: string,
): Promise<{ items: RecommendedItem[]; ranked: Ranking }> {
  const ranked = await rankCandidates(input, [], inGenre(genre));
  const { pins, picks } = pickTop(ranked, length, input);
  return { items: [...pins, ...picks].map((one) => toItem(one)), ranked };
}

/** What rules pin comes first, in its own order; the others share the rest of the slate fairly. */
function pickTop({ candidates, pinned }: Ranking, length: number, { affinity }: RankingInput) {
  const pins = candidates.slice(0, Math.min(pinned, length));
  return { pins, picks: diversify(candidates.slice(pins.length), length - pins.length, affinity, pins) };
}
