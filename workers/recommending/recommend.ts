// The algorithm on one screen: sources → filters → scores → slate. Pure: all it reads, the ranking model included, is
// in the ranking input.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { ItemColumns } from '../../models/features/item-columns.ts';
import { CandidatePool } from './candidate-pool.ts';
import { type Candidates, listSources, type Retrieved, toRecommendedItem } from './candidates.ts';
import { filterByCaps } from './caps.ts';
import { diversify } from './diversity.ts';
import { exploreTopPicks, type TopPick, toPin } from './exploration.ts';
import { type Filter, removes } from './filter.ts';
import { createPlayerFilters, createSelectionFilters, type Selection } from './filters.ts';
import { retrieveByModel } from './model-source.ts';
import { retrieveBaseline } from './policies.ts';
import { type FilledRow, fillRows, rankInRow, type ScoredRow } from './rank-rows.ts';
import type { RankingInput } from './ranking-input.ts';
import { listRows, ROWS, type Row } from './rows.ts';
import { prepareRules, type RuleEffects } from './rules.ts';
import { type Scores, scoreCandidates } from './scores.ts';
import { retrieveColdStart } from './similar.ts';
import { filterSource, type ShownItem, type Source, take } from './source.ts';
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

/** The candidates of one answer, scored. A candidate is a number (candidates.ts). */
export interface Ranking extends Omit<Scores, 'ranked'> {
  candidates: Candidates;
  /** The first `pinCount` are pinned by rules; the others follow, best first. */
  ranked: readonly number[];
  pinCount: number;
  rows: readonly ScoredRow[];
  unexplored: readonly number[];
  filters: readonly Filter[];
  /** Item indexes that a source retrieved and a filter removed. */
  removed: readonly number[];
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
  const { columns } = input.catalogue;
  const filters = createSelectionFilters({ exclude }, columns);
  const rows = listRows(input, ({ source }, kind) => source !== 'history' && kind !== 'top-picks');
  const ranking = await rankCandidates(input, rows, filters);
  const topPicks = composeTopPicks(ranking, length, input);
  const topRows = [toTopRow(topPicks, ranking, input), ...composeOwnRows(length, input, filters)].filter(
    ({ items }) => items.length > 0,
  );
  const otherRows = fillRows(ranking, length, topRows);
  return { rows: [...topRows, ...otherRows].map((row) => toGalleryRow(row, columns)), topPicks, ranking };
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
  const { columns } = input.catalogue;
  const ranking = await rankCandidates(input, [], createSelectionFilters(selection, columns));
  const { offset = 0 } = selection;
  const end = offset + length;
  const { pins, picks } = pickTop(ranking, end, input);
  const ranked = [...pins, ...picks].map((candidate) => toShownItem(candidate, ranking));
  const items = [...ranked, ...take(listUnranked(ranking, input), end - ranked.length)];
  return { items: items.slice(offset).map((item) => toRecommendedItem(item, columns)), ranking };
}

/** Continues the list beyond the candidates: more candidates would change the order of the pages before. */
const listUnranked =
  ({ candidates, filters }: Ranking, input: RankingInput): Source =>
  (visit) => {
    const ranked = new Set(candidates.indexes);
    return retrieveBaseline(
      'retrieval',
      input,
    )((index, _, reason) => ranked.has(index) || removes(filters, index) || visit(index, 0, reason));
  };

/** Sources → filters → scores. */
async function rankCandidates(
  input: RankingInput,
  rows: readonly Row[],
  selectionFilters: readonly Filter[],
): Promise<Ranking> {
  const { columns } = input.catalogue;
  const rules = prepareRules(input.rules, columns);
  const filters = [...selectionFilters, ...createPlayerFilters(input)];
  const { candidates, removed, ofRows, unexplored } = retrieve(input, rows, rules, filters);
  const { ranked, ...scored } = await scoreCandidates(candidates, input, rules);
  const pins = ranked.filter((candidate) => rules.isPinned(candidates.indexes[candidate]!));
  const pinned = new Set(pins);
  const order = [...pins, ...ranked.filter((candidate) => !pinned.has(candidate))];
  return {
    ...scored,
    candidates,
    removed,
    filters,
    ranked: order,
    pinCount: pins.length,
    rows: rows.map((row, position) => ({
      ...row,
      ...(ofRows[position] ? rankInRow(ofRows[position], scored.scores) : { ...scored, candidates: order }),
    })),
    unexplored,
  };
}

/** Asks every source; an item that a filter removes is no candidate. */
function retrieve(input: RankingInput, rows: readonly Row[], { pinnedIds }: RuleEffects, filters: readonly Filter[]) {
  const { columns } = input.catalogue;
  const pool = new CandidatePool(filters, columns);
  pool.add('rule', retrievePinned(input, pinnedIds), pinnedIds.length);
  pool.add('retrieval', retrieveByModel(input), RETRIEVED_MAX);
  pool.add('popular', retrievePopularNearby(input), POPULAR_MAX);
  pool.add('cold-start', retrieveColdStart(input), COLD_START_CANDIDATES_MAX);
  const ofRows = rows.map((row) => retrieveRow(pool, row, computeRowDepth(columns.size)));
  const unexplored = pool.add('exploration', retrieveUnexplored(input), Number.POSITIVE_INFINITY).candidates;
  const { indexes, retrieved, removed } = pool;
  return { candidates: { columns, indexes, retrieved }, removed, ofRows, unexplored };
}

/** Undefined for a row that takes from all candidates. */
function retrieveRow(pool: CandidatePool, { kind, candidates }: Row, max: number): Retrieved | undefined {
  const { source } = ROWS[kind];
  return source === 'all' || source === 'history' || candidates === undefined
    ? undefined
    : pool.add(source, candidates, max);
}

/** Pins come first, in their own order; the others are diversified beside them. */
function pickTop(ranking: Ranking, length: number, { affinity }: RankingInput) {
  const pins = ranking.ranked.slice(0, Math.min(ranking.pinCount, length));
  const others = ranking.ranked.slice(pins.length);
  return { pins, picks: diversify(others, length - pins.length, pins, ranking, affinity) };
}

function composeTopPicks(ranking: Ranking, length: number, input: RankingInput): TopPick[] {
  const { pins, picks } = pickTop(ranking, length, input);
  const { candidates, unexplored } = ranking;
  // The last pick makes room for the explored item, so the caps do not count it.
  const fitting = filterByCaps(candidates, unexplored, [...pins, ...picks.slice(0, -1)]);
  return [...pins.map(toPin), ...exploreTopPicks(picks, fitting, candidates, input)];
}

const toTopRow = (topPicks: readonly TopPick[], ranking: Ranking, input: RankingInput): FilledRow => ({
  row: listRows(input, (_, kind) => kind === 'top-picks')[0]!,
  items: topPicks.map(({ candidate, exploration }) => {
    const own = toShownItem(candidate, ranking);
    const explored = exploration ? listSources(ranking.candidates, candidate).get('exploration') : undefined;
    return { ...own, reason: explored?.reason ?? own.reason };
  }),
});

const toShownItem = (candidate: number, { candidates, scores, explain }: Ranking): ShownItem => ({
  index: candidates.indexes[candidate]!,
  score: scores[candidate]!,
  reason: explain(candidate),
});

/**
 * The player's own games follow the top picks directly: a game being played is the likeliest to be played next.
 */
const composeOwnRows = (length: number, input: RankingInput, filters: readonly Filter[]): FilledRow[] =>
  listRows(input, ({ source }) => source === 'history').map(({ candidates, ...row }) => ({
    row,
    items: take(filterSource(candidates!, [...filters, ...ROWS[row.kind].createFilters(input)]), length),
  }));

const toGalleryRow = ({ row, items }: FilledRow, columns: ItemColumns): GalleryRow => ({
  id: row.id,
  title: row.title,
  reason: row.reason,
  items: items.map((item) => toRecommendedItem(item, columns)),
});
