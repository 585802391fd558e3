// Runs one import: reads rows of a format and writes them to D1, recording its progress. Parses nothing.

import { createHash } from 'node:crypto';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { PlayerEvent } from '../../models/contracts/event.ts';
import type { Item } from '../../models/contracts/item.ts';
import { insertEvents } from '../../workers/storage/events.ts';
import { beginImport, findUnknownItemIds, recordImportProgress } from '../../workers/storage/imports.ts';
import { putItems } from '../../workers/storage/items.ts';
import { type Format, findFile, READERS } from './formats.ts';
import { BEFORE_FIRST_LINE } from './row.ts';

const EVENTS_PER_WRITE = 10_000;
const ITEMS_PER_WRITE = 1_000;
const EXAMPLES_PER_REASON = 3;
/** Distinguishes files of the same name and size without reading all of them. */
const HEAD_BYTES = 64 * 1024;

export interface ImportRequest {
  format: Format;
  path: string;
  itemsPath?: string | undefined;
  /** Maximum number of interactions, including those written by earlier runs. */
  limit?: number | undefined;
}

export interface ImportSummary {
  file: string;
  /** True if the whole file was written by an earlier run: nothing was read. */
  alreadyDone: boolean;
  /** The last line that earlier runs wrote. */
  resumedAfterLine: number;
  itemsWritten: number;
  interactionsRead: number;
  /** New ones; the rest were in the log already. */
  interactionsWritten: number;
  skipped: { reason: string; count: number; examples: string[] }[];
}

/** Writes a file. `now`: epoch milliseconds. Throws if a file cannot be read or the database cannot be written. */
export async function importFile(
  db: D1Database,
  request: ImportRequest,
  now: number,
  onProgress: (summary: Readonly<ImportSummary>) => void = () => {},
): Promise<ImportSummary> {
  const file = findFile(request.format, request.path);
  const { importId, idPrefix } = await identify(request.format, file, request.itemsPath);
  const state = await beginImport(db, importId, now);
  const summary: ImportSummary = {
    file,
    alreadyDone: state.finishedAt !== null,
    resumedAfterLine: state.linesDone,
    itemsWritten: 0,
    interactionsRead: 0,
    interactionsWritten: 0,
    skipped: [],
  };
  if (summary.alreadyDone) return summary;

  let items: Item[] = [];
  let placeholders: Item[] = [];
  let events: PlayerEvent[] = [];
  let line = BEFORE_FIRST_LINE;
  const flush = async (finishedAt: number | null) => {
    // Items before events: events of unknown games recommend nothing.
    const unknown = await findUnknownItemIds(
      db,
      placeholders.map((item) => item.itemId),
    );
    const fresh = [...items, ...placeholders.filter((item) => unknown.has(item.itemId))];
    await putItems(db, fresh);
    summary.itemsWritten += fresh.length;
    summary.interactionsWritten += await insertEvents(db, events);
    await recordImportProgress(db, importId, line, finishedAt);
    [items, placeholders, events] = [[], [], []];
    onProgress(summary);
  };

  let whole = true;
  const source = { path: file, itemsPath: request.itemsPath, idPrefix, startedAt: state.startedAt };
  for await (const row of READERS[request.format](source)) {
    if (row.kind === 'event' && summary.interactionsRead === request.limit) {
      whole = false;
      break;
    }
    line = row.line;
    if (row.kind === 'skip') countSkip(summary, row.reason, row.at);
    if (row.kind === 'event') summary.interactionsRead++;
    // Rows that an earlier run has written are read again, because readers count, but not written again.
    if (row.line <= state.linesDone && state.linesDone > 0) continue;
    if (row.kind === 'item') items.push(row.item);
    if (row.kind === 'placeholder') placeholders.push(row.item);
    if (row.kind === 'event') events.push(row.event);
    if (events.length >= EVENTS_PER_WRITE || items.length + placeholders.length >= ITEMS_PER_WRITE) await flush(null);
  }
  await flush(whole ? Date.now() : null);
  return summary;
}

function countSkip(summary: ImportSummary, reason: string, at: string): void {
  let skipped = summary.skipped.find((one) => one.reason === reason);
  if (skipped === undefined) {
    skipped = { reason, count: 0, examples: [] };
    summary.skipped.push(skipped);
  }
  skipped.count++;
  if (skipped.examples.length < EXAMPLES_PER_REASON) skipped.examples.push(at);
}

/**
 * `importId` names this import, `idPrefix` prefixes the ids of its events. Only `importId` depends on the catalogue, so
 * that the same interactions with another catalogue write its items and no interaction twice.
 */
async function identify(format: Format, file: string, itemsPath: string | undefined) {
  const own = await describe(file);
  const beside = itemsPath === undefined ? '' : await describe(itemsPath);
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  return {
    importId: digest(`${format}\n${own}\n${beside}`).slice(0, 32),
    idPrefix: digest(`${format}\n${own}`).slice(0, 8),
  };
}

async function describe(file: string): Promise<string> {
  const { size } = await stat(file);
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const head = createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex');
    return `${path.basename(file)}\n${size}\n${head}`;
  } finally {
    await handle.close();
  }
}
