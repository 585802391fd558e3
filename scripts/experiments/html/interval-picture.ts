// Intervals of differences as small pictures that share one axis, in shares of the control's value.

import type { MetricReport, VariantEstimate } from '../../../models/contracts/experiment-report.ts';
import { html, type Markup } from '../../html/markup.ts';
import { formatPercent } from './words.ts';

const WIDTH = 200;
const HEIGHT = 30;
const MIDDLE = WIDTH / 2;
/** Room for the marks of what is beyond the axis. */
const HALF = MIDDLE - 10;
/** Beyond it a difference is marked only: one wild interval would make all others invisible. */
const LIMIT_MAX = 1;
const LIMITS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1];

/** Returns the end of the axis: all intervals are within, or it is 1. */
export function chooseLimit(metrics: readonly MetricReport[]): number {
  const ends = metrics.flatMap(({ control, variants }) =>
    variants.flatMap((estimate) => (boundRelative(estimate, control.value) ?? []).map(Math.abs)),
  );
  const largest = Math.max(0, ...ends);
  return LIMITS.find((limit) => limit >= largest) ?? LIMIT_MAX;
}

/** The interval that decides, as shares of the control's value. */
export function boundRelative(
  { interval, cupedInterval }: VariantEstimate,
  control: number | null,
): [number, number] | null {
  const bounds = cupedInterval ?? interval;
  if (bounds === null || control === null || control <= 0) return null;
  return [bounds[0] / control, bounds[1] / control];
}

export interface DrawnInterval {
  low: number;
  value: number;
  high: number;
  /** A second interval, drawn thin. */
  raw?: readonly [number, number];
  /** The end of the axis. */
  limit: number;
  /** The class that colours it. */
  tone: string;
}

export function drawInterval({ low, value, high, raw, limit, tone }: DrawnInterval): Markup {
  const place = (share: number) => (MIDDLE + HALF * Math.max(-1, Math.min(1, share / limit))).toFixed(1);
  return html`<svg class="${tone}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img"
    aria-label="between ${formatPercent(low)} and ${formatPercent(high)}">
    <line class="zero" x1="${MIDDLE}" y1="0" x2="${MIDDLE}" y2="${HEIGHT}"/>
    ${raw === undefined ? null : html`<line class="raw" x1="${place(raw[0])}" y1="24" x2="${place(raw[1])}" y2="24"/>`}
    <line class="bar" x1="${place(low)}" y1="13" x2="${place(high)}" y2="13"/>
    <circle cx="${place(value)}" cy="13" r="5"/>
    ${low < -limit ? html`<path d="M1 13l7-6v12z"/>` : null}
    ${high > limit ? html`<path d="M${WIDTH - 1} 13l-7-6v12z"/>` : null}
  </svg>`;
}

/** The axis for the head of a table. */
export const drawAxis = (limit: number): Markup =>
  html`<svg class="axis" viewBox="0 0 ${WIDTH} 16" width="${WIDTH}" height="16" aria-hidden="true">
    <text x="${MIDDLE - HALF}" y="12">${formatPercent(-limit)}</text>
    <text x="${MIDDLE}" y="12" text-anchor="middle">0</text>
    <text x="${MIDDLE + HALF}" y="12" text-anchor="end">${formatPercent(limit)}</text>
  </svg>`;
