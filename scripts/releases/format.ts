// Releases as tables for people.

import type { ListedRelease, RankingMetrics, ReleaseSummary } from '../../models/contracts/release.ts';
import { formatTable } from '../query/table.ts';
import type { ReleaseInUse, ReleaseList } from './call.ts';

type Cell = string | number | null;

const LIST_COLUMNS = ['', 'release', 'trained', 'algorithm', 'games', 'NDCG@10', 'popularity', 'HR@10', 'ranking'];

export function formatList({ inUse, failure, releases }: ReleaseList): string {
  if (releases.length === 0) return failure ?? 'No releases yet: `npm run train` makes one.';
  const rows = releases.map((release) => [nameUse(release.version, inUse), ...describe(release)]);
  const table = tabulate(LIST_COLUMNS, rows);
  const failures = releases.flatMap(({ version, failure }) => (failure === null ? [] : [`${version}: ${failure}.`]));
  return [table, ...failures, ...(failure === null ? [] : [failure])].join('\n');
}

function nameUse(version: string, inUse: ReleaseInUse | null): string {
  if (version === inUse?.version) return inUse.pinned ? 'in use, pinned' : 'in use';
  return version === inUse?.previous ? 'before' : '';
}

function describe({ version, summary }: ListedRelease): Cell[] {
  if (summary === null) return [version, null, null, null, null, null, null, null];
  const { algorithm, createdAt, items, metrics, ranking } = summary;
  const { candidate, popularity } = metrics;
  const trained = createdAt.slice(0, 'YYYY-MM-DDThh:mm'.length).replace('T', ' ');
  const figures = [candidate['ndcg@10'], popularity['ndcg@10'], candidate['hitRate@10'], ranking?.ndcg ?? null];
  return [version, trained, algorithm, items, ...figures];
}

/** One or two releases, a fact per line. */
export function formatComparison(releases: readonly ListedRelease[]): string {
  const facts = releases.map(({ summary }) => (summary === null ? new Map<string, Cell>() : listFacts(summary)));
  const names = [...new Set(facts.flatMap((ofRelease) => [...ofRelease.keys()]))];
  const rows = names.map((name) => [name, ...facts.map((ofRelease) => ofRelease.get(name) ?? null)]);
  const snapshots = new Set(releases.map(({ summary }) => summary?.data.snapshot));
  return [
    tabulate(['', ...releases.map(({ version }) => version)], rows),
    ...releases.flatMap(({ version, failure }) => (failure === null ? [] : [`${version}: ${failure}.`])),
    ...(snapshots.size > 1
      ? ['They were measured on different snapshots: compare each with popularity in the same column.']
      : []),
  ].join('\n');
}

function listFacts(summary: ReleaseSummary): Map<string, Cell> {
  const { algorithm, createdAt, items, modelBytes, parameters, data, metrics, ranking, trainSeconds } = summary;
  return new Map<string, Cell>([
    ['trained', createdAt],
    ['snapshot', data.snapshot],
    ['newest event', data.until],
    ['players', data.users],
    ['interactions', data.interactions],
    ['games', items],
    ['algorithm', algorithm],
    ...Object.entries(parameters).map(([name, value]): [string, Cell] => [`  ${name}`, value]),
    ['model, MB', modelBytes / 1e6],
    ['search, seconds', trainSeconds],
    ...listMetrics('', metrics.candidate),
    ...listMetrics('popularity: ', metrics.popularity),
    ...(metrics.current === null ? [] : listMetrics('release in use then: ', metrics.current)),
    ...(ranking === null
      ? []
      : ([
          ['ranking model: NDCG', ranking.ndcg],
          ['ranking model: NDCG of the prior', ranking.priorNdcg],
        ] as [string, Cell][])),
  ]);
}

const listMetrics = (prefix: string, metrics: RankingMetrics): [string, Cell][] =>
  Object.entries(metrics).map(([name, value]) => [`${prefix}${name}`, value]);

const tabulate = (columns: string[], rows: Cell[][]): string =>
  formatTable({ columns, rows, total: rows.length }, undefined);
