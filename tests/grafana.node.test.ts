// The dashboard and the alert rules in docs/grafana ask only for metrics and labels that /metrics has.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseYaml } from '@redocly/openapi-core';
import { expect, it } from 'vitest';

import { metricDefinition, SYSTEM_METRIC_NAMES } from '../models/contracts/system-metrics.ts';
import { PROJECT_DIR } from '../scripts/local/project.ts';
import { nameFamily } from '../workers/online/prometheus.ts';

const read = (file: string): string => readFileSync(path.join(PROJECT_DIR, 'docs/grafana', file), 'utf8');

/** Labels of each name that Prometheus stores. metrics.workers.test.ts shows that /metrics prints these names. */
const LABELS = new Map(
  SYSTEM_METRIC_NAMES.flatMap((metric) => {
    const { kind, breakdowns } = metricDefinition(metric);
    return breakdowns.flatMap((breakdown): [string, readonly string[]][] => {
      const name = nameFamily(metric, breakdown);
      if (kind !== 'histogram') return [[name, breakdown]];
      return breakdown.includes('le')
        ? [[`${name}_bucket`, breakdown]]
        : [`${name}_sum`, `${name}_count`].map((one) => [one, breakdown]);
    });
  }),
);

const listNames = (expression: string): string[] => [...expression.matchAll(/bloodstream_\w+/g)].map(([name]) => name);
const listLabels = (expression: string): string[] => listNames(expression).flatMap((name) => LABELS.get(name) ?? []);

/** The faults of an expression: names and labels that are not there, and brackets that do not match. */
function findFaults(expression: string): string[] {
  const faults: string[] = [];
  const names = listNames(expression);
  const labels = new Set(listLabels(expression));
  for (const name of names) if (!LABELS.has(name)) faults.push(`${name} is not printed`);
  for (const [, name, matchers] of expression.matchAll(/(bloodstream_\w+)\{([^}]*)\}/g))
    for (const [, label] of matchers!.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      if (!LABELS.get(name!)?.includes(label!)) faults.push(`${name} has no label ${label}`);
  for (const [, list] of expression.matchAll(/\bby \(([^)]*)\)/g))
    for (const label of list!.split(/,\s*/)) if (!labels.has(label)) faults.push(`nothing has the label ${label}`);
  for (const [open, close] of ['()', '{}', '[]'])
    if (expression.split(open!).length !== expression.split(close!).length) faults.push(`${open}${close} do not match`);
  return faults;
}

interface Panel {
  title: string;
  targets?: { expr: string; legendFormat: string }[];
}

it('shows in the dashboard only what /metrics prints', () => {
  const { panels } = JSON.parse(read('dashboard.json')) as { panels: Panel[] };
  const expressions = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
  expect(expressions.length).toBeGreaterThan(30);
  expect(expressions.flatMap(findFaults)).toEqual([]);
  for (const { targets = [] } of panels)
    for (const { expr, legendFormat } of targets)
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(listLabels(expr), expr).toContain(label);
});

it('alerts only on what /metrics prints, each alert under its own name', () => {
  const { groups } = parseYaml(read('alerts.yml')) as {
    groups: {
      rules: { alert: string; expr: string; labels: { severity: string }; annotations: { summary: string } }[];
    }[];
  };
  const rules = groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(10);
  expect(rules.flatMap(({ expr }) => findFaults(expr))).toEqual([]);
  expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  for (const { labels, annotations } of rules) {
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(annotations.summary).not.toBe('');
  }
});

it('finds what is not there', () => {
  expect(
    findFaults('sum by (rout) (rate(bloodstream_answers_total{tear="x"}[5m])) / bloodstream_nothing_total'),
  ).toEqual([
    ...['bloodstream_nothing_total is not printed', 'bloodstream_answers_total has no label tear'],
    'nothing has the label rout',
  ]);
});
