// The report of an experiment as text for people.

import type { Experiment } from '../../models/contracts/experiment.ts';
import type { MetricReport, VariantEstimate } from '../../models/contracts/experiment-report.ts';
import { formatTable } from '../query/table.ts';
import type { ReportNow } from './call.ts';
import { explainVerdicts } from './html/verdict.ts';
import { formatDifference, formatPercent, formatPValue, formatValue, nameMetric } from './html/words.ts';

const COLUMNS = ['metric', 'players', 'control', 'variant', 'value', 'difference', 'between'];

export function formatReport(experiment: Experiment, report: ReportNow): string {
  const { sampleRatio, metrics, shadows } = report;
  return [
    ...explainVerdicts(experiment, report).map(({ title, text }) => `${title}. ${text}`),
    // If all other variants are shadows, players see only one: there is no ratio to check.
    ...(sampleRatio === null || sampleRatio.variants.length < 2 ? [] : [describePlayers(sampleRatio)]),
    ...(metrics.length === 0 ? [] : [tabulate(metrics)]),
    ...shadows.map(describeShadow),
  ].join('\n\n');
}

function describePlayers({ variants, anytimePValue }: NonNullable<ReportNow['sampleRatio']>): string {
  const players = variants.map(({ variant, users }) => `${variant} ${users}`).join(', ');
  return `Players: ${players} (${formatPValue(anytimePValue)}).`;
}

function tabulate(metrics: readonly MetricReport[]): string {
  const rows = metrics.flatMap((report) =>
    report.variants.filter(({ users }) => users > 0).map((estimate) => listCells(report, estimate)),
  );
  return rows.length === 0 ? 'No players yet.' : formatTable({ columns: COLUMNS, rows, total: rows.length }, undefined);
}

function listCells({ metric, group, isPrimary, control }: MetricReport, estimate: VariantEstimate) {
  const { variant, value, difference, adjustedDifference, interval, cupedInterval } = estimate;
  const bounds = cupedInterval ?? interval;
  const shown = adjustedDifference ?? difference;
  return [
    `${isPrimary ? '* ' : ''}${nameMetric(metric)}`,
    group,
    formatValue(metric, control.value),
    variant,
    formatValue(metric, value),
    shown === null ? '–' : formatDifference(metric, shown),
    bounds === null ? '–' : bounds.map((bound) => formatDifference(metric, bound)).join(' and '),
  ];
}

function describeShadow({ variant, answers, failed, overlap, shownValue, shadowValue }: ReportNow['shadows'][number]) {
  const values =
    shownValue === null || shadowValue === null
      ? ', no expected utility without a ranking model'
      : `, expected utility ${shadowValue.toPrecision(3)} against ${shownValue.toPrecision(3)} shown`;
  const shared = overlap === null ? '' : `, ${formatPercent(overlap).slice(1)} of the first row the same`;
  const counted = answers === 1 ? '1 answer' : `${answers} answers`;
  return `Shadow “${variant}”: ${counted}, ${failed} failed${answers > failed ? shared + values : ''}.`;
}
