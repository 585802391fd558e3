// Reads files as an import does, and keeps all events and items in memory. Writes to no store.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { withDuckDb } from '../scripts/duckdb/open.ts';
import { readCatalogue } from '../scripts/import/read-catalogue.ts';
import { openSource } from '../scripts/import/source.ts';
import { listLogFields, readInteractions, readLogRows, stageEvents } from '../scripts/import/stage-events.ts';
import type { ImportRequest } from '../scripts/import/write.ts';
import type { Sample } from './import-samples.ts';

export const STARTED_AT = Date.UTC(2026, 0, 31, 12);

/** Writes files into a new folder of `root` and returns its path. */
export function writeSample(root: string, files: Sample): string {
  const folder = mkdtempSync(path.join(root, 'sample-'));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
}

export const read = (given: string, request: Partial<ImportRequest> = {}, memoryLimit?: string) =>
  withDuckDb(async (connection) => {
    const source = await openSource(connection, { path: given, ...request });
    const staged = await stageEvents(connection, {
      selects: source.eventSelects,
      preset: source.preset,
      types: request.types ?? {},
      ratingScale: request.ratingScale,
      startedAt: STARTED_AT,
    });
    const { preset } = staged;
    const fields = listLogFields(preset);
    const events: Record<string, unknown>[] = [];
    for await (const rows of readLogRows(connection, preset, STARTED_AT, 0, 1e6))
      for (const row of rows)
        events.push(Object.fromEntries((JSON.parse(row!) as unknown[]).map((value, index) => [fields[index]!, value])));
    const interactions: unknown[] = [];
    for await (const interaction of readInteractions(connection, preset, STARTED_AT)) interactions.push(interaction);
    const catalogue = await readCatalogue(connection, source);
    return {
      ...{ source, events, interactions, items: catalogue.items, emptied: catalogue.emptied },
      ratingScale: staged.ratingScale,
      skipped: [...staged.skipped, ...catalogue.skipped],
      brief: events.map(({ userId, type, itemId, value, timestamp }) => [userId, type, itemId, value, timestamp]),
    };
  }, memoryLimit);
