// Rows as a table for people, with bars beside them where the query names a chart.

import type { Query } from './queries.ts';
import type { Rows } from './run-query.ts';

export const ROWS_SHOWN_MAX = 40;
const BAR_WIDTH = 30;
const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

export function formatTable({ columns, rows: shown, total }: Rows, chart: Query['chart']): string {
  if (shown.length === 0) return 'No rows.';
  const cells = [columns, ...shown.map((row) => row.map(formatCell))];
  const isNumeric = columns.map((_, column) => shown.every((row) => row[column] === null || isNumber(row[column])));
  const widths = columns.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const bars = chart === undefined ? undefined : drawBars(shown, columns.indexOf(chart.value));
  const lines = cells.map((row, index) => {
    const padded = row.map((cell, column) =>
      isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
    );
    return [...padded, index === 0 ? '' : (bars?.[index - 1] ?? '')].join('  ').trimEnd();
  });
  const left = total - shown.length;
  return [
    ...lines,
    ...(left > 0 ? [`… and ${left.toLocaleString('en')} more rows; --format csv prints all.`] : []),
  ].join('\n');
}

const isNumber = (value: unknown): boolean =>
  typeof value === 'number' || (typeof value === 'string' && value !== '' && Number.isFinite(Number(value)));

function formatCell(value: Rows['rows'][number][number]): string {
  if (value === null) return '–';
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1_000 ? value.toFixed(0) : value.toPrecision(4);
}

/** Bars in proportion to the largest value. */
function drawBars(rows: Rows['rows'], column: number): string[] {
  const values = rows.map((row) => Math.max(0, Number(row[column]) || 0));
  const largest = Math.max(...values);
  return values.map((value) => {
    const eighths = largest === 0 ? 0 : Math.round((8 * BAR_WIDTH * value) / largest);
    return `${'█'.repeat(eighths >> 3)}${EIGHTHS[eighths & 7]}`;
  });
}
