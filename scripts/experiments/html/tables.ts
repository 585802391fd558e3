// The tables of a report: players, metrics with their intervals as pictures, guardrails.

import { allowedChange } from '../../../models/contracts/experiment.ts';
import type { ExperimentReport, MetricReport, VariantEstimate } from '../../../models/contracts/experiment-report.ts';
import { html, type Markup } from '../../html/markup.ts';
import { boundRelative, chooseLimit, drawAxis, drawInterval } from './interval-picture.ts';
import {
  formatCount,
  formatDifference,
  formatEstimate,
  formatPercent,
  formatPValue,
  formatRelative,
  formatValue,
  GROUP_WORDS,
  nameMetric,
} from './words.ts';

/** A table that scrolls by itself on narrow screens; the label makes it reachable by keyboard. */
export const wrapTable = (label: string, table: Markup): Markup =>
  html`<div class="scroll" role="region" aria-label="${label}" tabindex="0">${table}</div>`;

export function tabulatePlayers({
  variants,
  chiSquare,
  pValue,
  anytimePValue,
  isBroken,
}: NonNullable<ExperimentReport['sampleRatio']>) {
  const most = Math.max(1, ...variants.map(({ users, expectedUsers }) => Math.max(users, expectedUsers)));
  const rows = variants.map(
    ({ variant, users, expectedUsers }) => html`<tr><th scope="row">${variant}</th>
      <td class="number">${formatCount(users)}</td><td class="number">${formatCount(expectedUsers)}</td>
      <td><svg class="players" viewBox="0 0 240 22" width="240" height="22" aria-hidden="true">
        <rect x="0" y="3" width="${(240 * users) / most}" height="16" rx="3"/>
        <line x1="${(239 * expectedUsers) / most}" y1="0" x2="${(239 * expectedUsers) / most}" y2="22"/>
      </svg></td></tr>`,
  );
  return html`${wrapTable(
    'Players by variant',
    html`<table><thead><tr><th scope="col">Variant</th><th scope="col" class="number">Players</th>
      <th scope="col" class="number">Expected</th><th scope="col">Players, with a line where expected</th></tr></thead>
      <tbody>${rows}</tbody></table>`,
  )}
  <p>${
    isBroken
      ? 'The numbers do not match the shares, so nothing is compared'
      : 'The numbers match the shares, within chance'
  } (${formatPValue(anytimePValue)} at all times together, the limit is 0.001; χ² = ${chiSquare.toFixed(2)}, for one
  look ${formatPValue(pValue)}).</p>`;
}

/** `title` names the table for screen readers. */
export function tabulateMetrics(title: string, metrics: readonly MetricReport[]): Markup {
  const limit = chooseLimit(metrics);
  const rows = metrics.flatMap((metric) => metric.variants.map((estimate) => rowOf(metric, estimate, limit)));
  return wrapTable(
    title,
    html`<table><thead><tr><th scope="col">Metric</th><th scope="col">Players</th>
      <th scope="col">Difference ${drawAxis(limit)}</th><th scope="col">In figures</th>
      <th scope="col">Variant</th><th scope="col" class="number">Value</th>
      <th scope="col" class="number">Control</th><th scope="col" class="number">Players needed</th></tr></thead>
      <tbody>${rows}</tbody></table>`,
  );
}

function rowOf(report: MetricReport, estimate: VariantEstimate, limit: number): Markup {
  const { metric, group, control } = report;
  const tone = toneOf(report, estimate);
  return html`<tr><th scope="row">${nameMetric(metric)}</th><td>${GROUP_WORDS[group]}</td>
    <td>${drawEstimate(report, estimate, { limit, tone })}</td>
    <td><span class="${tone}">${MARKS[tone]}</span> ${describe(report, estimate)}</td>
    <td>${estimate.variant}</td><td class="number">${formatValue(metric, estimate.value)}</td>
    <td class="number">${formatValue(metric, control.value)}</td>
    <td class="number">${describeMore(estimate)}</td></tr>`;
}

function drawEstimate(
  { control: { value: control } }: MetricReport,
  estimate: VariantEstimate,
  { limit, tone }: { limit: number; tone: string },
): Markup {
  const bounds = boundRelative(estimate, control);
  if (bounds === null) return html`<span class="muted">no interval yet</span>`;
  const [low, high] = bounds;
  const value = (estimate.adjustedDifference ?? estimate.difference!) / control!;
  const [rawLow, rawHigh] = estimate.interval!;
  const raw = estimate.cupedInterval === null ? {} : { raw: [rawLow / control!, rawHigh / control!] as const };
  return drawInterval({ low, value, high, limit, tone, ...raw });
}

type Tone = 'better' | 'worse' | 'open';
const MARKS: Readonly<Record<Tone, string>> = { better: '▲ better', worse: '▼ worse', open: 'open' };

function toneOf({ isHarm }: MetricReport, estimate: VariantEstimate): Tone {
  if (!estimate.isSignificant) return 'open';
  return (estimate.adjustedDifference ?? estimate.difference ?? 0) > 0 !== isHarm ? 'better' : 'worse';
}

function describe({ metric, control }: MetricReport, estimate: VariantEstimate): string {
  const bounds = estimate.cupedInterval ?? estimate.interval;
  const difference = estimate.adjustedDifference ?? estimate.difference;
  if (difference === null) return '';
  const say = (value: number) => formatRelative(value, control.value ?? 0) ?? formatDifference(metric, value);
  return bounds === null ? say(difference) : `${say(difference)} (${say(bounds[0])} to ${say(bounds[1])})`;
}

function describeMore({ interval, isSignificant, moreUsersNeeded }: VariantEstimate): string {
  if (interval === null) return '–';
  if (isSignificant) return 'none';
  return moreUsersNeeded === null ? 'too many' : formatEstimate(moreUsersNeeded);
}

export const tabulateGuardrails = (guardrails: ExperimentReport['guardrails']): Markup =>
  wrapTable(
    'Guardrails',
    html`<table><thead><tr><th scope="col">Guardrail</th><th scope="col">Variant</th>
      <th scope="col" class="number">Control</th><th scope="col" class="number">Variant’s</th>
      <th scope="col" class="number">Allowed</th><th scope="col">State</th></tr></thead><tbody>${guardrails.map(
        ({ metric, variant, control, value, limit, bound, isBreached }) =>
          html`<tr><th scope="row">${nameMetric(metric)}</th><td>${variant}</td>
          <td class="number">${formatValue(metric, control)}</td><td class="number">${formatValue(metric, value)}</td>
          <td class="number">${formatPercent(allowedChange({ metric, limit }))}</td>
          <td class="${isBreached ? 'worse' : 'open'}">${describeState(isBreached, bound, value)}</td></tr>`,
      )}</tbody></table>`,
  );

export function tabulatePreference(interleaving: NonNullable<ExperimentReport['interleaving']>): Markup {
  const { variant, users, clicks, wins, losses, preference, interval, isSignificant } = interleaving;
  const tone = !isSignificant ? 'open' : preference > 0 ? 'better' : 'worse';
  const picture =
    interval === null
      ? html`<span class="muted">no interval yet</span>`
      : drawInterval({ low: interval[0], value: preference, high: interval[1], limit: 1, tone });
  return wrapTable(
    'Preference',
    html`<table><thead><tr><th scope="col">Variant</th><th scope="col" class="number">Players</th>
      <th scope="col" class="number">Clicks</th><th scope="col" class="number">Prefer it</th>
      <th scope="col" class="number">Prefer the control</th><th scope="col">Preference ${drawAxis(1)}</th>
      <th scope="col">State</th></tr></thead><tbody><tr><th scope="row">${variant}</th>
      <td class="number">${formatCount(users)}</td><td class="number">${formatCount(clicks)}</td>
      <td class="number">${formatCount(wins)}</td><td class="number">${formatCount(losses)}</td>
      <td>${picture}</td><td class="${tone}">${MARKS[tone]}</td></tr></tbody></table>`,
  );
}

function describeState(isBreached: boolean, bound: number | null, value: number | null): string {
  if (isBreached) return '▼ breached';
  if (value === null) return 'not measured yet';
  return bound === null ? 'too few players' : 'no harm found';
}
