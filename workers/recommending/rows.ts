// The table of rows: for each kind of row, the source of its candidates, its filter, its title and its reason. Ranking
// is in rank-rows.ts.

import { ROW_KINDS, type RowKind, type SourceName } from '../../models/contracts/gallery.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import { selectAnchors } from './anchors.ts';
import { describePopular } from './describe-popular.ts';
import type { Filter } from './filter.ts';
import { createGenreFilter, createOwnGameFilters, createPlayerFilters, type Restrictions } from './filters.ts';
import { retrievePlayedLately, retrievePlayedLongAgo } from './history-sources.ts';
import { retrieveByModel } from './model-source.ts';
import type { RankingInput } from './ranking-input.ts';
import { shareVerdicts } from './shared-verdicts.ts';
import { listSimilar } from './similar.ts';
import { filterSource, fromItems, limitSource, type Source } from './source.ts';
import {
  getCountryList,
  isPopularInCountry,
  retrieveBestRated,
  retrieveHiddenGems,
  retrieveNewReleases,
  retrievePopular,
  retrieveTrending,
  searchFor,
} from './sources.ts';

/** One titled line of a page, before it has items. */
export interface Row {
  kind: RowKind;
  id: string;
  title: string;
  reason: string;
  /** Undefined if the row takes from all candidates. */
  candidates?: Source | undefined;
}

interface RowDefinition {
  /** `all`: from the candidates of every source. `history`: the player's own games; they are not ranked. */
  source: SourceName | 'all' | 'history';
  /** True if the row depends on this player: it comes before `more-picks`. */
  isPersonal: boolean;
  /** Filters its candidates. */
  createFilters(restrictions: Restrictions): Filter[];
  /** The rows of this kind on a player's page; `key` distinguishes rows of the same kind. */
  list(input: RankingInput): RowContent[];
}
type RowContent = Pick<Row, 'title' | 'reason'> & { key?: string; candidates?: Source };

export const ROWS: Record<RowKind, RowDefinition> = {
  'top-picks': {
    source: 'all',
    isPersonal: true,
    createFilters: createPlayerFilters,
    list: (input) => [describeTopPicks(input)],
  },
  continue: {
    source: 'history',
    isPersonal: true,
    createFilters: createOwnGameFilters,
    list: (input) => [
      { title: 'Continue playing', reason: 'You played it recently', candidates: retrievePlayedLately(input) },
    ],
  },
  'jump-back-in': {
    source: 'history',
    isPersonal: true,
    createFilters: createOwnGameFilters,
    list: (input) => [
      { title: 'Jump back in', reason: 'You played it a lot a while ago', candidates: retrievePlayedLongAgo(input) },
    ],
  },
  search: { source: 'search', isPersonal: true, createFilters: createPlayerFilters, list: listSearchRows },
  because: { source: 'similar', isPersonal: true, createFilters: createPlayerFilters, list: listBecauseRows },
  genre: { source: 'genre', isPersonal: true, createFilters: createPlayerFilters, list: listGenreRows },
  trending: {
    source: 'trending',
    isPersonal: false,
    createFilters: createPlayerFilters,
    list: (input) => [{ ...describeTrending(input), candidates: retrieveTrending(input) }],
  },
  'best-rated': {
    source: 'best-rated',
    isPersonal: false,
    createFilters: createPlayerFilters,
    list: (input) => [
      { title: 'Best rated', reason: 'Rated highly by many players', candidates: retrieveBestRated(input) },
    ],
  },
  new: {
    source: 'new',
    isPersonal: false,
    createFilters: createPlayerFilters,
    list: (input) => [{ title: 'New releases', reason: 'Just released', candidates: retrieveNewReleases(input) }],
  },
  'hidden-gems': {
    source: 'hidden-gems',
    isPersonal: false,
    createFilters: createPlayerFilters,
    list: (input) => [
      { title: 'Hidden gems', reason: 'Rated highly, known to few', candidates: retrieveHiddenGems(input) },
    ],
  },
  'more-picks': {
    source: 'all',
    isPersonal: false,
    createFilters: createPlayerFilters,
    list: () => [{ title: 'More picks for you', reason: 'More games you might like' }],
  },
};

/** The rows of a player's page that `test` selects, in the order of the table. */
export const listRows = (input: RankingInput, test: (definition: RowDefinition, kind: RowKind) => boolean): Row[] =>
  ROW_KINDS.filter((kind) => test(ROWS[kind], kind)).flatMap((kind) =>
    ROWS[kind].list(input).map(({ key, candidates, ...text }) => ({
      kind,
      id: key === undefined ? kind : `${kind}-${key}`,
      ...text,
      candidates,
    })),
  );

/** The kind and the key of a row by its id; undefined for rows of baseline pages. */
export function parseRowId(id: string): { kind: RowKind; key: string } | undefined {
  const kind = ROW_KINDS.find((one) => id === one || id.startsWith(`${one}-`));
  return kind && { kind, key: id.slice(kind.length + 1) };
}

/** True if the row shows the player's own games. */
export function showsOwnGames(rowId: string): boolean {
  const parsed = parseRowId(rowId);
  return parsed !== undefined && ROWS[parsed.kind].source === 'history';
}

/** A player whose events are all of unknown items gets popular games: such events carry no information. */
function describeTopPicks(input: RankingInput): RowContent {
  if (input.modelScores !== null || input.affinity.length > 0)
    return { title: 'Top picks for you', reason: explainTopPicks(input.user) };
  const [first] = input.statistics?.popularByCountry[input.context.country ?? ''] ?? [];
  return first !== undefined && isPopularInCountry(input, first[0])
    ? { title: 'Popular in your country', reason: 'Played and bought most in your country' }
    : describePopular(input);
}

function explainTopPicks({ history }: UserState): string {
  const liked = history.filter(({ weight }) => weight > 0);
  if (liked.some(({ strongestType }) => strongestType !== 'pick')) return 'From what you played, liked and looked at';
  return liked.length === 0 && history.length > 0 ? 'Other than what you dismissed' : 'From what you picked';
}

/** The latest search with results: a typing error must not hide the previous search. */
function listSearchRows(input: RankingInput): RowContent[] {
  for (const query of input.user.searches) {
    const found = searchFor(input, query);
    if (found.length > 0)
      return [{ title: `More for “${query}”`, reason: 'You searched for it', candidates: fromItems(found) }];
  }
  return [];
}

const ANCHORS_MAX = 2;

function listBecauseRows(input: RankingInput): RowContent[] {
  return selectAnchors(input, ANCHORS_MAX).map(({ index, because }) => {
    const { ids, titles } = input.catalogue.columns;
    const itemId = ids[index]!;
    const title = titles.read(index);
    return {
      key: itemId,
      title: `Because ${because} ${title}`,
      reason: `Goes with ${title}`,
      candidates: fromItems(listSimilar(input, index)),
    };
  });
}

const GENRE_ROWS_MAX = 3;
/** A genre below this share of the player's taste gets no row. */
const GENRE_SHARE_MIN = 0.15;
/** A genre's row takes from this many model candidates, then from as many popular items. */
const GENRE_DEPTH = 400;

function listGenreRows(input: RankingInput): RowContent[] {
  const { columns } = input.catalogue;
  const byModel = limitSource(retrieveByModel(input), GENRE_DEPTH);
  const popular = limitSource(retrievePopular(input), GENRE_DEPTH);
  return input.affinity
    .slice(0, GENRE_ROWS_MAX)
    .filter(({ share }) => share >= GENRE_SHARE_MIN)
    .map(({ genre }) => ({
      key: genre,
      title: `More ${genre}`,
      reason: `You like ${genre}`,
      candidates: filterSource(
        (visit) => byModel(visit) && popular(visit),
        shareVerdicts([createGenreFilter(genre, columns)], columns),
      ),
    }));
}

const describeTrending = (input: RankingInput): RowContent =>
  getCountryList(input, 'trendingByCountry').length > 0
    ? { title: 'Trending in your country', reason: 'Played more than usual in your country' }
    : { title: 'Trending now', reason: 'Played more than usual in the last few days' };
