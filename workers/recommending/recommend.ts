// The algorithm on one screen: sources → filters → scores → slate. Pure: all it reads, the ranking model included, is
// in the ranking input.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import { CandidatePool } from './candidate-pool.ts';
import { type Candidate, type ScoredCandidate, take, toRecommendedItem } from './candidates.ts';
import { diversify, filterByCaps } from './diversity.ts';
import { exploreTopPicks, type TopPick, toPin } from './exploration.ts';
import { type Filter, filterCandidates } from './filter.ts';
import { createPlayerFilters, createSelectionFilters, type Selection } from './filters.ts';
import { retrieveByModel } from './model-source.ts';
import { retrieveBaseline } from './policies.ts';
import { type FilledRow, fillRows, rankInRow, type ScoredRow } from './rank-rows.ts';
import type { RankingInput } from './ranking-input.ts';
import { listRows, ROWS, type Row } from './rows.ts';
import { prepareRules } from './rules.ts';
import { scoreCandidates } from './scores.ts';
import { retrieveColdStart } from './similar.ts';
import { retrievePinned, retrievePopularNearby, retrieveUnexplored } from './sources.ts';

/** Larger than the longest slate. */
const RETRIEVED_MAX = 200;
const POPULAR_MAX = 100;
const COLD_START_CANDIDATES_MAX = 50;
/**
 * Candidates per row: the source decides what may be in the row, the player's score what is. Many, as measured in
 * docs/experiments.md, but in a small store not so many that all rows have the same candidates.
 */
const computeRowDepth = (items: number): number => Math.max(40, Math.min(100, Math.floor(items / 4)));

/** The candidates of one answer. */
export interface Ranking {
  pool: CandidatePool;
  /** The first `pinCount` are pinned by rules; the others follow, best first. */
  candidates: ScoredCandidate[];
  pinCount: number;
  rows: ScoredRow[];
  unexplored: ScoredCandidate[];
  /** Why the prior ranked instead of the ranking model; undefined if it did not. */
  rankingFailure: string | undefined;
}

export interface Page {
  rows: GalleryRow[];
  /** The first row, with its exploration. */
  topPicks: TopPick[];
  ranking: Ranking;
}

/** The rows of a player's page, best first; no item appears twice. */
export async function composeGallery(
  input: RankingInput,
  length: number,
  { exclude }: Pick<Selection, 'exclude'> = {},
): Promise<Page> {
  const filters = createSelectionFilters({ exclude });
  const rows = listRows(input, ({ source }, kind) => source !== 'history' && kind !== 'top-picks');
  const ranking = await rankCandidates(input, rows, filters);
  const topPicks = composeTopPicks(ranking, length, input);
  const topRows = [toTopRow(topPicks, input), ...composeOwnRows(length, input, filters)].filter(
    ({ items }) => items.length > 0,
  );
  const otherRows = fillRows(ranking.rows, length, topRows);
  return { rows: [...topRows, ...otherRows].map(toGalleryRow), topPicks, ranking };
}

/**
 * Only the top picks, best first, then items that no source retrieved for ranking. Nothing in their order is random, so
 * a page begins where the one before it ends.
 */
export async function recommend(
  input: RankingInput,
  length: number,
  selection: Selection = {},
): Promise<{ items: RecommendedItem[]; ranking: Ranking }> {
  const ranking = await rankCandidates(input, [], createSelectionFilters(selection));
  const { offset = 0 } = selection;
  const end = offset + length;
  const { pins, picks } = pickTop(ranking, end, input);
  const ranked = [...pins, ...picks];
  const candidates = [...ranked, ...take(listUnranked(ranking, input), end - ranked.length)];
  return { items: candidates.slice(offset).map(toRecommendedItem), ranking };
}

/** Continues the list beyond the pool: a larger pool would change the order of the pages before. Lazy. */
function* listUnranked({ pool }: Ranking, input: RankingInput): Generator<Candidate> {
  const isRanked: Filter = ({ itemId }) => (pool.kept.has(itemId) ? 'ranked' : undefined);
  const filters: Filter[] = [isRanked, (item) => pool.findFilterReason(item)];
  for (const candidate of filterCandidates(retrieveBaseline('retrieval', input), filters))
    yield { ...candidate, score: 0 };
}

/** Sources → filters → scores. */
async function rankCandidates(
  input: RankingInput,
  rows: readonly Row[],
  filters: readonly Filter[] = [],
): Promise<Ranking> {
  const rules = prepareRules(input.rules);
  const pool = new CandidatePool([...filters, ...createPlayerFilters(input)]);
  pool.add('rule', retrievePinned(input, rules.pinnedIds), rules.pinnedIds.length);
  pool.add('retrieval', retrieveByModel(input), RETRIEVED_MAX);
  pool.add('popular', retrievePopularNearby(input), POPULAR_MAX);
  pool.add('cold-start', retrieveColdStart(input), COLD_START_CANDIDATES_MAX);
  const ofRows = rows.map((row) => retrieveRow(pool, row, computeRowDepth(input.catalogue.size)));
  const unexplored = pool.add('exploration', retrieveUnexplored(input), Number.POSITIVE_INFINITY);

  const scores = await scoreCandidates(pool.kept.values(), input, rules);
  const byId = new Map(scores.candidates.map((candidate) => [candidate.item.itemId, candidate]));
  const { pins = [], others = [] } = Object.groupBy(scores.candidates, ({ item }) =>
    rules.isPinned(item) ? 'pins' : 'others',
  );
  const candidates = [...pins, ...others];
  return {
    pool,
    candidates,
    pinCount: pins.length,
    rows: rows.map((row, index) => ({
      ...row,
      candidates: ofRows[index] ? rankInRow(ofRows[index], byId) : candidates,
    })),
    unexplored: unexplored.map(({ item }) => byId.get(item.itemId)!),
    rankingFailure: scores.rankingFailure,
  };
}

/** Undefined for a row that takes from all candidates. */
function retrieveRow(pool: CandidatePool, { kind, candidates }: Row, max: number): Candidate[] | undefined {
  const { source } = ROWS[kind];
  return source === 'all' || source === 'history' ? undefined : pool.add(source, candidates, max);
}

/** Pins come first, in their own order; the others are diversified beside them. */
function pickTop({ candidates, pinCount }: Ranking, length: number, { affinity }: RankingInput) {
  const pins = candidates.slice(0, Math.min(pinCount, length));
  return { pins, picks: diversify(candidates.slice(pins.length), length - pins.length, affinity, pins) };
}

function composeTopPicks(ranking: Ranking, length: number, input: RankingInput): TopPick[] {
  const { pins, picks } = pickTop(ranking, length, input);
  // The last pick makes room for the explored item, so the caps do not count it.
  const unexplored = filterByCaps(ranking.unexplored, [...pins, ...picks.slice(0, -1)]);
  return [...pins.map(toPin), ...exploreTopPicks(picks, unexplored, input)];
}

const toTopRow = (topPicks: readonly TopPick[], input: RankingInput): FilledRow => ({
  row: listRows(input, (_, kind) => kind === 'top-picks')[0]!,
  items: topPicks.map(({ candidate, exploration }) => ({
    ...candidate,
    reason: (exploration && candidate.sources.exploration?.reason) || candidate.reason,
  })),
});

/**
 * The player's own games follow the top picks directly: a game being played is the likeliest to be played next.
 */
const composeOwnRows = (length: number, input: RankingInput, filters: readonly Filter[]): FilledRow[] =>
  listRows(input, ({ source }) => source === 'history').map((row) => ({
    row,
    items: take(filterCandidates(row.candidates, [...filters, ...ROWS[row.kind].createFilters(input)]), length),
  }));

const toGalleryRow = ({ row, items }: FilledRow): GalleryRow => ({
  id: row.id,
  title: row.title,
  reason: row.reason,
  items: items.map(toRecommendedItem),
});
