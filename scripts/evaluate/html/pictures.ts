// The pictures of an evaluation: intervals, curves of training, bars by group. Each has its figures as text, too.

import { html, type Markup } from '../../html/markup.ts';
import type { Measured } from '../measure.ts';
import type { Group } from './groups.ts';

const [INTERVAL_WIDTH, INTERVAL_HEIGHT] = [240, 22];

/** An interval on an axis from 0 to `end`. */
export function drawInterval([low, high]: readonly [number, number], value: number, end: number): Markup {
  const place = (at: number) => (4 + ((INTERVAL_WIDTH - 8) * at) / (end || 1)).toFixed(1);
  return html`<svg class="open" viewBox="0 0 ${INTERVAL_WIDTH} ${INTERVAL_HEIGHT}" width="${INTERVAL_WIDTH}"
    height="${INTERVAL_HEIGHT}" role="img" aria-label="between ${low.toFixed(4)} and ${high.toFixed(4)}">
    <line class="bar" x1="${place(low)}" y1="11" x2="${place(high)}" y2="11"/>
    <circle cx="${place(value)}" cy="11" r="5"/>
  </svg>`;
}

const [WIDTH, HEIGHT] = [720, 260];
const [LEFT, RIGHT, TOP, BOTTOM] = [64, 150, 12, 30];
/** Curves differ by their dashes, which everybody can tell apart. */
const DASHES = ['none', '7 3', '2 3', '10 3 2 3', '5 5', '1 4'];

/** NDCG@10 on the validation split over the time of training: the best model so far. */
export function drawCurves(measured: readonly Measured[]): Markup {
  const drawn = measured.filter(({ curve }) => curve.length > 1);
  const seconds = Math.max(...drawn.flatMap(({ curve }) => curve.map((point) => point.seconds)), 1e-9);
  const top = Math.max(...drawn.flatMap(({ curve }) => curve.map((point) => point.ndcgAt10)), 1e-9);
  const x = (at: number) => (LEFT + ((WIDTH - LEFT - RIGHT) * at) / seconds).toFixed(1);
  const y = (value: number) => (TOP + (HEIGHT - TOP - BOTTOM) * (1 - value / top)).toFixed(1);
  const lines = drawn.map(({ result: { algorithm }, curve }, n) => {
    const points = curve.map(({ seconds: at, ndcgAt10 }) => `${x(at)},${y(ndcgAt10)}`).join(' ');
    const last = curve.at(-1)!;
    return html`<polyline class="line" stroke-dasharray="${DASHES[n % DASHES.length]!}" points="${points}"/>
      ${curve.map((point) => html`<circle class="open" cx="${x(point.seconds)}" cy="${y(point.ndcgAt10)}" r="2"/>`)}
      <text x="${Number(x(last.seconds)) + 6}" y="${Number(y(last.ndcgAt10)) + 4}">${algorithm}</text>`;
  });
  const label = drawn
    .map(
      ({ result: { algorithm }, curve }) => `${algorithm}: ${curve.map((one) => one.ndcgAt10.toFixed(4)).join(', ')}`,
    )
    .join('; ');
  return html`<svg class="sequence" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">
    <line class="zero" x1="${LEFT}" y1="${y(0)}" x2="${WIDTH - RIGHT}" y2="${y(0)}"/>
    ${lines}
    <text x="${LEFT - 8}" y="${Number(y(top)) + 8}" text-anchor="end">${top.toFixed(4)}</text>
    <text x="${LEFT - 8}" y="${y(0)}" text-anchor="end">0</text>
    <text x="${LEFT}" y="${HEIGHT - 8}">0 s</text>
    <text x="${WIDTH - RIGHT}" y="${HEIGHT - 8}" text-anchor="end">${seconds.toFixed(1)} s</text>
  </svg>`;
}

/** A table of groups, with a bar in each cell relative to the largest value. */
export function tabulateGroups(title: string, unit: string, groups: readonly Group[]): Markup {
  const algorithms = Object.keys(groups[0]?.values ?? {});
  const top = Math.max(...groups.flatMap(({ values }) => Object.values(values)), 1e-9);
  const cell = (value: number) => html`<td class="number">${value.toFixed(4)}
    <svg class="players" viewBox="0 0 90 8" width="90" height="8" aria-hidden="true">
      <rect x="0" y="0" width="${((90 * value) / top).toFixed(1)}" height="8" rx="2"/>
    </svg></td>`;
  return html`<div class="scroll" role="region" aria-label="${title}" tabindex="0"><table>
    <thead><tr><th scope="col">${title}</th><th scope="col" class="number">${unit}</th>
    ${algorithms.map((name) => html`<th scope="col" class="number">${name}</th>`)}</tr></thead>
    <tbody>${groups.map(
      ({ name, size, values }) => html`<tr><th scope="row">${name}</th>
        <td class="number">${size.toLocaleString('en')}</td>${algorithms.map((one) => cell(values[one]!))}</tr>`,
    )}</tbody></table></div>`;
}
