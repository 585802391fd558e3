// Reads `user item` pairs, one a line, in time order and without times. Times are made up: a user's events are an hour
// apart, the last at the start of the import's first run.

import { cleanItem, readItemRecords } from './item.ts';
import { readLines } from './lines.ts';
import { BEFORE_FIRST_LINE, type Row, type Source, skipLine, toEvent } from './row.ts';

const HOUR_MS = 3_600_000;

/** Items come from the given catalogue, with the id in `itemId` or `item`; without one they get a placeholder title. */
export async function* readSequences({ path: file, itemsPath, idPrefix, startedAt }: Source): AsyncGenerator<Row> {
  // A first pass, because the time of a user's first event depends on how many follow.
  const eventsLeft = new Map<string, number>();
  const itemIds = new Set<string>();
  for await (const { text } of readLines(file)) {
    const pair = splitPair(text);
    if (pair === undefined) continue;
    eventsLeft.set(pair[0], (eventsLeft.get(pair[0]) ?? 0) + 1);
    itemIds.add(pair[1]);
  }
  if (itemsPath !== undefined) yield* readItemRecords(itemsPath);
  else
    for (const itemId of itemIds) {
      const item = cleanItem(itemId, { title: `Item ${itemId}` });
      // If the id is invalid, the lines with it report that.
      if (item.ok) yield { kind: 'placeholder', item: item.value, line: BEFORE_FIRST_LINE };
    }

  for await (const { text, number } of readLines(file)) {
    if (text.trim() === '') continue;
    const pair = splitPair(text);
    if (pair === undefined) {
      yield skipLine(file, number, 'is not "user item"');
      continue;
    }
    const [userId, itemId] = pair;
    const left = eventsLeft.get(userId)! - 1;
    eventsLeft.set(userId, left);
    const event = toEvent(
      { id: `${idPrefix}-${number}`, userId, type: 'play', itemId },
      startedAt - left * HOUR_MS,
      startedAt,
    );
    yield event.ok ? { kind: 'event', event: event.value, line: number } : skipLine(file, number, event.error);
  }
}

function splitPair(text: string): [string, string] | undefined {
  const [userId, itemId, ...more] = text.trim().split(/\s+/);
  return userId && itemId !== undefined && more.length === 0 ? [userId, itemId] : undefined;
}
