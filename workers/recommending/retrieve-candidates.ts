// Asks every source for its candidates: those of the first row, those of each other row, and items to explore.

import { CandidatePool } from './candidate-pool.ts';
import type { Candidates, Retrieved } from './candidates.ts';
import { compareColdStart } from './cold-start.ts';
import type { Filter } from './filter.ts';
import { retrieveByModel } from './model-source.ts';
import type { RankingInput } from './ranking-input.ts';
import { ROWS, type Row } from './rows.ts';
import type { RuleEffects } from './rules.ts';
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

interface RetrievedCandidates {
  candidates: Candidates;
  /** Item indexes that a source retrieved and a filter removed. */
  removed: readonly number[];
  /** By row; undefined for a row that takes from all candidates. */
  ofRows: readonly (Retrieved | undefined)[];
  unexplored: readonly number[];
}

/** Asks every source; an item that a filter removes is no candidate. */
export function retrieveCandidates(
  input: RankingInput,
  rows: readonly Row[],
  { pinnedIds }: RuleEffects,
  filters: readonly Filter[],
): RetrievedCandidates {
  const { columns } = input.catalogue;
  const pool = new CandidatePool(filters, columns);
  pool.add('rule', retrievePinned(input, pinnedIds), pinnedIds.length);
  pool.add('retrieval', retrieveByModel(input), RETRIEVED_MAX);
  pool.add('popular', retrievePopularNearby(input), POPULAR_MAX);
  const coldStart = compareColdStart(input);
  pool.add('cold-start', retrieveColdStart(coldStart), COLD_START_CANDIDATES_MAX);
  const ofRows = rows.map((row) => retrieveRow(pool, row, computeRowDepth(columns.size)));
  const unexplored = pool.add('exploration', retrieveUnexplored(input), Number.POSITIVE_INFINITY).candidates;
  const { indexes, retrieved, removed } = pool;
  return { candidates: { columns, indexes, retrieved, coldStart }, removed, ofRows, unexplored };
}

/** Undefined for a row that takes from all candidates. */
function retrieveRow(pool: CandidatePool, { kind, candidates }: Row, max: number): Retrieved | undefined {
  const { source } = ROWS[kind];
  return source === 'all' || source === 'history' || candidates === undefined
    ? undefined
    : pool.add(source, candidates, max);
}
