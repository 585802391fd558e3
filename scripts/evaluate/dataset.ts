// Reads a data set into memory: interactions and the catalogue. Stores nothing.

import type { Item } from '../../models/contracts/item.ts';
import { InteractionLog, type Interactions } from '../../models/data/interactions.ts';
import { type Format, findFile, READERS } from '../import/formats.ts';

/** Formats whose files give the order of events but no times: their readers make up times. */
export const FORMATS_WITHOUT_TIMES: ReadonlySet<Format> = new Set(['sequences', 'steam-200k']);

export interface Dataset {
  interactions: Interactions;
  catalogue: ReadonlyMap<string, Item>;
  /** Lines that are neither an interaction nor an item. */
  skipped: number;
  /** The first of them: its line and the reason. */
  firstSkipped: string | undefined;
}

/** Throws if a file cannot be read. */
export async function readDataset(format: Format, path: string, itemsPath: string | undefined): Promise<Dataset> {
  const log = new InteractionLog();
  const catalogue = new Map<string, Item>();
  let skipped = 0;
  let firstSkipped: string | undefined;
  const source = { path: findFile(format, path), itemsPath, idPrefix: 'line', startedAt: Date.now() };
  for await (const row of READERS[format](source)) {
    if (row.kind === 'event') log.add(row.event);
    if (row.kind === 'item') catalogue.set(row.item.itemId, row.item);
    if (row.kind === 'skip' && skipped++ === 0) firstSkipped = `${row.at} ${row.reason}`;
  }
  return { interactions: log.collect(), catalogue, skipped, firstSkipped };
}
