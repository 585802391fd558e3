// Reads the project's own export: one event or item a line.

import type { EventInput, PlayerEvent } from '../../models/contracts/event.ts';
import { ItemId } from '../../models/contracts/item.ts';
import { ExportLine } from '../../models/contracts/snapshot.ts';
import { parseRecord, readItemRecords } from './item.ts';
import { readLines } from './lines.ts';
import { type Row, type Source, skipLine, toEvent } from './row.ts';

/** Events keep their ids, so that an export read twice is counted once. A given catalogue is read first. */
export async function* readJsonl({ path: file, itemsPath, startedAt }: Source): AsyncGenerator<Row> {
  if (itemsPath !== undefined) yield* readItemRecords(itemsPath);
  for await (const { text, number: line } of readLines(file)) {
    if (text.trim() === '') continue;
    const record = parseRecord(text);
    if (record === undefined) {
      yield skipLine(file, line, 'is not a JSON object');
      continue;
    }
    const parsed = ExportLine.safeParse(record);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      yield skipLine(file, line, `${issue.path.join('.') || 'line'}: ${issue.message}`);
      continue;
    }
    if (parsed.data.kind === 'item') {
      const { kind, ...item } = parsed.data;
      yield ItemId.safeParse(item.itemId).success
        ? { kind, item, line }
        : skipLine(file, line, 'itemId: is the name of a list');
      continue;
    }
    const { kind, ...exported } = parsed.data;
    const event = toEvent(toInput(exported), exported.timestamp, startedAt);
    yield event.ok
      ? { kind, event: { ...event.value, receivedAt: exported.receivedAt }, line }
      : skipLine(file, line, event.error);
  }
}

/** Converts the event to a client's form, so that it is validated like a client's events. */
function toInput({ platform, country, locale, ...event }: PlayerEvent): Omit<EventInput, 'timestamp'> {
  const present = (values: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== null));
  return { ...present(event), context: present({ platform, country, locale }) } as Omit<EventInput, 'timestamp'>;
}
