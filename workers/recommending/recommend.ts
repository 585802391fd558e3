// The algorithm on one screen: sources → filters → scores → slate. Pure: all it reads, the ranking model included, is
// in the ranking input.

import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import type { ItemColumns } from '../../models/features/item-columns.ts';
import { type Candidates, findReason, toRecommendedItem } from './candidates.ts';
import { filterByCaps, type Limit, limitPopular } from './caps.ts';
import { diversify } from './diversity.ts';
import { exploreTopPicks, type TopPick, toPin } from './exploration.ts';
import { type Filter, removes } from './filter.ts';
import { createPlayerFilters, createSelectionFilters, type Selection } from './filters.ts';
import { retrieveBaseline } from './policies.ts';
import { type FilledRow, fillRows, rankInRow, type ScoredRow } from './rank-rows.ts';
import type { RankingInput } from './ranking-input.ts';
import { retrieveCandidates } from './retrieve-candidates.ts';
import { listRows, ROWS, type Row } from './rows.ts';
import { prepareRules, type RuleEffects } from './rules.ts';
import { type Scores, scoreCandidates } from './scores.ts';
import { filterSource, type ShownItem, type Source, take } from './source.ts';

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
  const order = input.settings.rows;
  const rows = listRows(
    input,
    ({ source }, kind) => source !== 'history' && kind !== 'top-picks' && (order?.includes(kind) ?? true),
  );
  const ranking = await rankCandidates(input, rows, filters);
  const topPicks = composeTopPicks(ranking, length, input);
  const topRows = [toTopRow(topPicks, ranking, input), ...composeOwnRows(length, input, filters)].filter(
    ({ items }) => items.length > 0,
  );
  const otherRows = fillRows(ranking, length, topRows, order);
  const filled = sortByKind([...topRows, ...otherRows], order);
  return { rows: filled.map((row) => toGalleryRow(row, columns)), topPicks, ranking };
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
  const { candidates, removed, ofRows, unexplored } = retrieveCandidates(input, rows, rules, filters);
  const { ranked, ...scored } = await scoreCandidates(candidates, input, rules);
  const { order, pinCount } = putPinsFirst(ranked, candidates, rules);
  return {
    ...scored,
    candidates,
    removed,
    filters,
    ranked: order,
    pinCount,
    rows: rows.map((row, position) => ({
      ...row,
      ...(ofRows[position] ? rankInRow(ofRows[position], scored.scores) : { ...scored, candidates: order }),
    })),
    unexplored,
  };
}

function putPinsFirst(
  ranked: readonly number[],
  { indexes }: Candidates,
  { isPinned }: RuleEffects,
): { order: readonly number[]; pinCount: number } {
  if (isPinned === undefined) return { order: ranked, pinCount: 0 };
  const pins = ranked.filter((candidate) => isPinned(indexes[candidate]!));
  if (pins.length === 0) return { order: ranked, pinCount: 0 };
  const others = ranked.filter((candidate) => !isPinned(indexes[candidate]!));
  return { order: [...pins, ...others], pinCount: pins.length };
}

/** Pins come first, in their own order; the others are diversified beside them. */
function pickTop(ranking: Ranking, length: number, { affinity, settings }: RankingInput, limit?: Limit) {
  const pins = ranking.ranked.slice(0, Math.min(ranking.pinCount, length));
  const others = ranking.ranked.slice(pins.length);
  return { pins, picks: diversify(others, length - pins.length, pins, ranking, { affinity, ...settings, limit }) };
}

function composeTopPicks(ranking: Ranking, length: number, input: RankingInput): TopPick[] {
  const limit = limitPopular(input, length);
  const { pins, picks } = pickTop(ranking, length, input, limit);
  const { candidates } = ranking;
  const isLimited = (candidate: number) => limit?.indexes.has(candidates.indexes[candidate]!) ?? false;
  const unexplored = ranking.unexplored.filter((candidate) => !isLimited(candidate));
  // The last pick makes room for the explored item, so the caps do not count it.
  const fitting = filterByCaps(candidates, unexplored, [...pins, ...picks.slice(0, -1)]);
  return [...pins.map(toPin), ...exploreTopPicks(picks, fitting, candidates, input)];
}

const toTopRow = (topPicks: readonly TopPick[], ranking: Ranking, input: RankingInput): FilledRow => ({
  row: listRows(input, (_, kind) => kind === 'top-picks')[0]!,
  items: topPicks.map(({ candidate, exploration }) => {
    const own = toShownItem(candidate, ranking);
    const explored = exploration ? findReason(ranking.candidates, candidate, 'exploration') : undefined;
    return { ...own, reason: explored ?? own.reason };
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
  listRows(input, ({ source }, kind) => source === 'history' && (input.settings.rows?.includes(kind) ?? true)).map(
    ({ candidates, ...row }) => ({
      row,
      items: take(filterSource(candidates!, [...filters, ...ROWS[row.kind].createFilters(input)]), length),
    }),
  );

/** `order`: null if the rows are in theirs. */
const sortByKind = (filled: readonly FilledRow[], order: RankingInput['settings']['rows']): readonly FilledRow[] =>
  order === null ? filled : [...filled].sort((a, b) => order.indexOf(a.row.kind) - order.indexOf(b.row.kind));

const toGalleryRow = ({ row, items }: FilledRow, columns: ItemColumns): GalleryRow => ({
  id: row.id,
  title: row.title,
  reason: row.reason,
  items: items.map((item) => toRecommendedItem(item, columns)),
});
