// Reads `user,title,purchase|play,value,0` lines, with hours as the value of a play. The titles are the catalogue. The
// file has no times: a user's events are an hour apart in the file's order, the last at the start of the import's first
// run.

import { splitCsv } from './csv.ts';
import { cleanItem, readItemRecords, slugify } from './item.ts';
import { readLines } from './lines.ts';
import { BEFORE_FIRST_LINE, type Row, type Source, skipLine, toEvent } from './row.ts';

const HOUR_MS = 3_600_000;
const MINUTES_PER_HOUR = 60;

/** A given catalogue adds facts to the titles that have the same letters and digits; it adds no items. */
export async function* readSteam200k({ path: file, itemsPath, idPrefix, startedAt }: Source): AsyncGenerator<Row> {
  const eventsLeft = new Map<string, number>();
  const itemIds = new Map<string, string | undefined>();
  for await (const { text } of readLines(file)) {
    const [userId, title] = splitCsv(text);
    if (!userId || title === undefined) continue;
    eventsLeft.set(userId, (eventsLeft.get(userId) ?? 0) + 1);
    if (!itemIds.has(title)) itemIds.set(title, slugify(title));
  }
  yield* readTitles(itemIds, itemsPath);

  for await (const { text, number } of readLines(file)) {
    if (text.trim() === '') continue;
    const [userId, title, type, amount] = splitCsv(text);
    if (!userId || title === undefined || amount === undefined) {
      yield skipLine(file, number, 'is not "user,title,purchase|play,value"');
      continue;
    }
    const left = eventsLeft.get(userId)! - 1;
    eventsLeft.set(userId, left);
    const itemId = itemIds.get(title);
    if (itemId === undefined) yield skipLine(file, number, 'title: has no letters or digits');
    else if (type !== 'purchase' && type !== 'play')
      yield skipLine(file, number, 'behaviour: is neither purchase nor play');
    else {
      const event = toEvent(
        {
          id: `${idPrefix}-${number}`,
          userId,
          type,
          itemId,
          ...(type === 'play' ? { value: amount.trim() === '' ? Number.NaN : Number(amount) * MINUTES_PER_HOUR } : {}),
        },
        startedAt - left * HOUR_MS,
        startedAt,
      );
      yield event.ok ? { kind: 'event', event: event.value, line: number } : skipLine(file, number, event.error);
    }
  }
}

/**
 * Yields the catalogue: an item for each title, with its facts if there are any. Titles with the same id are one item.
 */
async function* readTitles(
  itemIds: ReadonlyMap<string, string | undefined>,
  itemsPath: string | undefined,
): AsyncGenerator<Row> {
  const missing = new Map<string, string>();
  for (const [title, itemId] of itemIds) if (itemId !== undefined && !missing.has(itemId)) missing.set(itemId, title);
  if (itemsPath !== undefined) {
    const itemIdOf = new Map([...itemIds].map(([title, itemId]) => [toLetters(title), itemId]));
    const found = readItemRecords(itemsPath, (record) => {
      const itemId = typeof record.title === 'string' ? itemIdOf.get(toLetters(record.title)) : undefined;
      // The first of several records of one title counts.
      return itemId !== undefined && missing.has(itemId) ? itemId : undefined;
    });
    for await (const row of found) {
      if (row.kind === 'item') missing.delete(row.item.itemId);
      yield row;
    }
  }
  for (const [itemId, title] of missing) {
    const item = cleanItem(itemId, { title });
    if (item.ok) yield { kind: 'placeholder', item: item.value, line: BEFORE_FIRST_LINE };
  }
}

const toLetters = (title: string) =>
  title
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
