// Metrics in the text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). It reads nothing.

import {
  DELAY_BUCKETS_SECONDS,
  findBreakdown,
  metricDefinition,
  SYSTEM_METRIC_NAMES,
  type SystemMetric,
} from '../../models/contracts/system-metrics.ts';
import type { MetricSeries } from '../storage/metric-counts.ts';

const BUCKETS = [...DELAY_BUCKETS_SECONDS.map(String), '+Inf'];

/** Prints the series, family by family, in the order of the table of metrics. */
export function printMetrics(series: readonly MetricSeries[]): string {
  const byMetric = Map.groupBy(series, ({ metric }) => metric);
  return SYSTEM_METRIC_NAMES.flatMap((metric) => {
    const own = byMetric.get(metric);
    if (own === undefined) return [];
    return metricDefinition(metric).kind === 'histogram' ? printHistogram(metric, own) : printFamilies(metric, own);
  }).join('');
}

/** A family for each breakdown. */
function printFamilies(metric: SystemMetric, series: readonly MetricSeries[]): string[] {
  const { kind, breakdowns } = metricDefinition(metric);
  return breakdowns.flatMap((breakdown) => {
    const own = series.filter(({ labels }) => findBreakdown(metric, Object.keys(labels)) === breakdown);
    if (own.length === 0) return [];
    const name = nameFamily(metric, breakdown);
    return [printHead(name, metric, kind), ...own.map(({ labels, value }) => printSample(name, labels, value))];
  });
}

/** The name of the family of a breakdown; a metric's first breakdown has the plain name. */
export function nameFamily(metric: SystemMetric, breakdown: readonly string[]): string {
  const { kind, unit, breakdowns } = metricDefinition(metric);
  const by = breakdown === breakdowns[0] || kind === 'histogram' ? [] : ['by', ...breakdown];
  return ['bloodstream', metric, ...by, ...(unit ? [unit] : []), ...(kind === 'counter' ? ['total'] : [])]
    .join('_')
    .replaceAll('-', '_');
}

/** Its first breakdown has the buckets, not cumulated; the second the sums. */
function printHistogram(metric: SystemMetric, series: readonly MetricSeries[]): string[] {
  const name = nameFamily(metric, []);
  const bySubject = Map.groupBy(series, ({ labels: { le: _, ...subject } }) => JSON.stringify(subject));
  return [
    printHead(name, metric, 'histogram'),
    ...Array.from(bySubject, ([text, own]) => {
      const subject = JSON.parse(text) as Record<string, string>;
      const find = (le: string | undefined) => own.find(({ labels }) => labels.le === le)?.value ?? 0;
      let count = 0;
      const buckets = BUCKETS.map((le) => {
        count += find(le);
        return printSample(`${name}_bucket`, { ...subject, le }, count);
      });
      const sum = printSample(`${name}_sum`, subject, find(undefined));
      return [...buckets, sum, printSample(`${name}_count`, subject, count)].join('');
    }),
  ];
}

const printHead = (name: string, metric: SystemMetric, kind: string): string =>
  `# HELP ${name} ${escapeHelp(metricDefinition(metric).help)}\n# TYPE ${name} ${kind}\n`;

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');

function printSample(name: string, labels: Record<string, string>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`);
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}\n`;
}

const escapeLabel = (text: string): string =>
  text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
