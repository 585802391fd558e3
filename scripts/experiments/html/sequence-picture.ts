// The confidence sequence of one variant over time: the primary metric's difference and its interval at each point.

import type { Metric } from '../../../models/contracts/experiment.ts';
import { html, type Markup } from '../../html/markup.ts';
import { formatDifference } from './words.ts';

/** The primary metric's difference in a report that was made earlier. */
export interface ReportPoint {
  /** ISO 8601. */
  at: string;
  variant: string;
  difference: number;
  interval: readonly [low: number, high: number];
}

const [WIDTH, HEIGHT] = [720, 240];
const [LEFT, RIGHT, TOP, BOTTOM] = [84, 12, 12, 28];

/** At least two points of one variant, in order of time. */
export function drawSequence(metric: Metric, variant: string, points: readonly ReportPoint[]): Markup {
  const times = points.map(({ at }) => Date.parse(at));
  const [start, end] = [times[0]!, times.at(-1)!];
  // Intervals of the first days are very wide: the axis shows those of the second half whole.
  const settled = points.slice(Math.floor(points.length / 2)).flatMap(({ interval }) => interval);
  const top = 1.15 * Math.max(...settled.map(Math.abs), ...points.map(({ difference }) => Math.abs(difference)));
  const x = (n: number) => LEFT + ((WIDTH - LEFT - RIGHT) * (times[n]! - start)) / Math.max(1, end - start);
  const y = (value: number) =>
    TOP + ((HEIGHT - TOP - BOTTOM) * (1 - Math.max(-1, Math.min(1, value / (top || 1))))) / 2;
  const trace = (values: readonly number[]) =>
    values.map((value, n) => `${x(n).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const highs = trace(points.map(({ interval }) => interval[1]));
  const lows = trace(points.map(({ interval }) => interval[0]));
  const last = points.at(-1)!;
  const label =
    `${variant} from ${dayOf(points[0]!.at)} to ${dayOf(last.at)}: at last ` +
    `${formatDifference(metric, last.difference)}, between ${formatDifference(metric, last.interval[0])} and ` +
    `${formatDifference(metric, last.interval[1])}`;
  return html`<svg class="sequence" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
    <polygon class="band" points="${highs} ${lows.split(' ').reverse().join(' ')}"/>
    <line class="zero" x1="${LEFT}" y1="${y(0)}" x2="${WIDTH - RIGHT}" y2="${y(0)}"/>
    <polyline class="line" points="${trace(points.map(({ difference }) => difference))}"/>
    ${[top, 0, -top].map(
      (value) =>
        html`<text x="${LEFT - 8}" y="${y(value) + 4}" text-anchor="end">${
          value === 0 ? '0' : formatDifference(metric, value)
        }</text>`,
    )}
    <text x="${LEFT}" y="${HEIGHT - 6}">${dayOf(points[0]!.at)}</text>
    <text x="${WIDTH - RIGHT}" y="${HEIGHT - 6}" text-anchor="end">${dayOf(last.at)}</text>
  </svg>`;
}

const dayOf = (at: string) => at.slice(0, 'YYYY-MM-DD'.length);
