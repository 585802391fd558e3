// Writes the outcome of an import for people.

import { describeSkipped } from './skipped.ts';
import type { ImportSummary } from './write.ts';

const count = (n: number) => n.toLocaleString('en');

const COLUMNS_SHOWN_MAX = 24;

function describeUnread({ file, columns }: ImportSummary['unreadColumns'][number]): string {
  const more = columns.length > COLUMNS_SHOWN_MAX ? `, and ${columns.length - COLUMNS_SHOWN_MAX} more` : '';
  return `Columns not read: ${columns.slice(0, COLUMNS_SHOWN_MAX).join(', ')}${more} (${file})`;
}

export function describeSummary(summary: ImportSummary, seconds: number): string {
  const { format, files, ignored, unreadColumns, ratingScale, emptied, skipped } = summary;
  const source = `${format}: ${files.join(', ')}`;
  if (summary.alreadyDone) return `${source} — has been imported already; there is nothing to do.`;
  const known = summary.interactionsRead - summary.resumedAfter - summary.interactionsWritten;
  const perSecond = seconds > 0 ? `, ${count(Math.round(summary.interactionsWritten / seconds))} a second` : '';
  return [
    source,
    ...(ignored.length > 0 ? [`Not read: ${ignored.join(', ')}`] : []),
    ...unreadColumns.map(describeUnread),
    ...(summary.resumedAfter > 0 ? [`Resumed after ${count(summary.resumedAfter)} interactions.`] : []),
    `${count(summary.itemsWritten)} items and ${count(summary.interactionsWritten)} interactions ` +
      `written in ${seconds} s${perSecond}`,
    ...(summary.placeholdersWritten > 0
      ? [`${count(summary.placeholdersWritten)} items are in no catalogue: their ids are their titles`]
      : []),
    ...(known > 0 ? [`${count(known)} interactions were in the log already, or twice in the files`] : []),
    ...(summary.interactionsErased > 0
      ? [`${count(summary.interactionsErased)} interactions are from before their player was erased`]
      : []),
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
