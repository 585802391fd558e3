// Candidate sources that are the same for everybody, or for everybody in a country. Each visits the best first, with
// its reason. Personal sources: model-source.ts, similar.ts, search.ts, history-sources.ts.

import { type ItemColumns, toDay } from '../../models/features/item-columns.ts';
import type { ItemScores } from '../../models/features/item-scores.ts';
import { POPULARITY_MIN } from '../../models/features/popularity-and-trends.ts';
import { readStatisticsColumns, type StatisticsColumns } from '../../models/features/statistics-columns.ts';
import type { RankingInput } from './ranking-input.ts';
import { searchByTrigrams } from './search.ts';
import { type ShownItem, type Source, walkReleases, walkScores } from './source.ts';

export const readStatistics = ({
  catalogue,
  statistics,
}: Pick<RankingInput, 'catalogue' | 'statistics'>): StatisticsColumns =>
  readStatisticsColumns(catalogue.columns, statistics);

/** Items that rules pin by id. */
export const retrievePinned =
  ({ catalogue: { columns } }: RankingInput, itemIds: readonly string[]): Source =>
  (visit) =>
    itemIds.every((itemId) => {
      const index = columns.find(itemId);
      return index < 0 || visit(index, 1, 'Featured by the store');
    });

/** Popular items; then the rest of the catalogue, newest first, so that a store without events has candidates too. */
export const retrievePopular =
  (input: RankingInput): Source =>
  (visit) => {
    const { catalogue, today } = input;
    const { popular } = readStatistics(input);
    const best = popular.scores[0] ?? 1;
    const visitUnlisted = (reason: string) => (index: number) => popular.column[index]! > 0 || visit(index, 0, reason);
    return (
      walkScores(catalogue.columns, popular, (index, score) => visit(index, score / best, describeWorld(score))) &&
      walkReleases(catalogue.releases.readReleased(toDay(today)), visitUnlisted('New in the store')) &&
      walkReleases(catalogue.releases.readUndated(), visitUnlisted('In the store'))
    );
  };

const describeWorld = (score: number): string => (score >= POPULARITY_MIN ? 'Popular with players' : 'In the store');

/**
 * Popular items in the player's country, if there is enough data; then worldwide. The country's list is smoothed with
 * the world's, so it has items that nobody there has played.
 */
export const retrievePopularNearby =
  (input: RankingInput): Source =>
  (visit) => {
    const { columns } = input.catalogue;
    const statistics = readStatistics(input);
    const nearby = getCountryList(input, 'popularByCountry');
    const best = nearby.scores[0] ?? 1;
    const worldBest = statistics.popular.best;
    let last = 1;
    const visitNearby = (index: number, score: number) => {
      last = score / best;
      const reason = isPopularInCountry(input, columns.ids[index]!)
        ? 'Popular in your country'
        : describeWorld(statistics.popularity[index]! * worldBest);
      return visit(index, last, reason);
    };
    const isListed = (index: number) => nearby.shares.has(index);
    return (
      walkScores(columns, nearby, visitNearby) &&
      retrievePopular(input)((index, score, reason) => isListed(index) || visit(index, Math.min(last, score), reason))
    );
  };

/** True if players of the player's country made the item popular. */
export const isPopularInCountry = ({ statistics, context }: RankingInput, itemId: string): boolean =>
  statistics?.ownPopularByCountry[context.country ?? '']?.includes(itemId) ?? false;

/** Empty without statistics of the player's country. */
export const getCountryList = (input: RankingInput, list: 'popularByCountry' | 'trendingByCountry'): ItemScores =>
  readStatistics(input).readCountry(list, input.context.country);

/** Trending items in the player's country, if there is enough data; then worldwide. */
export const retrieveTrending =
  (input: RankingInput): Source =>
  (visit) => {
    const { columns } = input.catalogue;
    const { trending } = readStatistics(input);
    const nearby = getCountryList(input, 'trendingByCountry');
    return (
      retrieveListed(columns, nearby, 'Played more than usual in your country')(visit) &&
      retrieveListed(
        columns,
        trending,
        'Played more than usual in the last few days',
      )((index, score, reason) => nearby.shares.has(index) || visit(index, score, reason))
    );
  };

export const retrieveBestRated = (input: RankingInput): Source =>
  retrieveListed(input.catalogue.columns, readStatistics(input).bestRated, 'Rated highly by many players');

export const retrieveHiddenGems = (input: RankingInput): Source =>
  retrieveListed(input.catalogue.columns, readStatistics(input).hiddenGems, 'Rated highly by the few who know it');

/** Released items, newest first. */
export const retrieveNewReleases =
  ({ catalogue: { columns, releases }, today }: RankingInput): Source =>
  (visit) => {
    const released = releases.readReleased(toDay(today));
    const count = released.end - released.start;
    return walkReleases(released, (index, rank) =>
      visit(index, 1 - rank / count, `Released on ${columns.readReleaseDate(index)}`),
    );
  };

/** Items whose text resembles the query, despite typing errors. */
export const searchFor = (input: RankingInput, query: string): ShownItem[] =>
  searchByTrigrams(input.catalogue.columns, readStatistics(input).popularity, query);

/** An item at least this popular (the most popular is 1) needs no exploration. */
const KNOWN_POPULARITY = 0.02;
const UNEXPLORED_MAX = 60;

/** The newest released items with hardly any interactions. */
export const retrieveUnexplored =
  (input: RankingInput): Source =>
  (visit) => {
    const { popularity } = readStatistics(input);
    let left = UNEXPLORED_MAX;
    return walkReleases(
      input.catalogue.releases.readReleased(toDay(input.today)),
      (index) =>
        popularity[index]! >= KNOWN_POPULARITY ||
        (visit(index, 1, 'New here: be among the first to try it') && --left > 0),
    );
  };

const retrieveListed =
  (columns: ItemColumns, list: ItemScores, reason: string): Source =>
  (visit) =>
    walkScores(columns, list, (index, score) => visit(index, score, reason));
