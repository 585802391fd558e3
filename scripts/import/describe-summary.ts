// Writes the outcome of an import for people.

import { describeSkipped } from './assert-taken.ts';
import type { ImportSummary } from './write.ts';

const count = (n: number) => n.toLocaleString('en');

export function describeSummary(summary: ImportSummary, seconds: number): string {
  const { format, files, ignored, ratingScale, emptied, skipped } = summary;
  const source = `${format}: ${files.join(', ')}`;
  if (summary.alreadyDone) return `${source} — has been imported already; there is nothing to do.`;
  const known = summary.interactionsRead - summary.resumedAfter - summary.interactionsWritten;
  const perSecond = seconds > 0 ? `, ${count(Math.round(summary.interactionsWritten / seconds))} a second` : '';
  return [
    source,
    ...(ignored.length > 0 ? [`Not read: ${ignored.join(', ')}`] : []),
    ...(summary.resumedAfter > 0 ? [`Resumed after ${count(summary.resumedAfter)} interactions.`] : []),
    `${count(summary.itemsWritten)} items and ${count(summary.interactionsWritten)} interactions ` +
      `written in ${seconds} s${perSecond}`,
    ...(summary.placeholdersWritten > 0
      ? [`${count(summary.placeholdersWritten)} games are not in a catalogue: their ids are their titles`]
      : []),
    ...(known > 0 ? [`${count(known)} interactions were in the log already, or twice in the files`] : []),
    ...(ratingScale && ratingScale.max > 5
      ? [`Ratings of ${ratingScale.min}–${ratingScale.max} became ours of 0.5–5`]
      : []),
    ...skipped.map((one) => `Skipped: ${describeSkipped(one)}`),
    ...emptied.map(
      ({ field, count: n, examples }) =>
        `Left empty: ${field} of ${count(n)} items (${examples.map((text) => `“${text}”`).join(', ')})`,
    ),
  ].join('\n');
}
