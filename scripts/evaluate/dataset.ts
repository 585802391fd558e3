// Reads a data set into memory: interactions and the catalogue, from files or from the local store. Stores nothing.

import type { Item } from '../../models/contracts/item.ts';
import { InteractionCollector } from '../../models/data/interaction-collector.ts';
import type { Interactions } from '../../models/data/interactions.ts';
import { withDuckDb } from '../duckdb/open.ts';
import { assertMostTaken } from '../import/assert-taken.ts';
import type { RatingScale } from '../import/rating-scale.ts';
import { readCatalogue } from '../import/read-catalogue.ts';
import type { SourceRequest } from '../import/recognise.ts';
import type { Skipped } from '../import/skipped.ts';
import { openSource } from '../import/source.ts';
import { readInteractions as readStagedInteractions, stageEvents } from '../import/stage-events.ts';
import { withTemporaryFolder } from '../local/temporary-folder.ts';
import { READING_MEMORY_LIMIT, readInteractions } from '../log/read-log.ts';
import { createViews } from '../log/views.ts';
import { fetchWholeLog } from '../log/whole-log.ts';
import type { ChosenStores } from '../stores/choose.ts';
import { readCatalogue as readStoredCatalogue } from '../train/read.ts';

export interface DatasetRequest extends SourceRequest {
  types?: Readonly<Record<string, string>> | undefined;
  ratingScale?: RatingScale | undefined;
}

export interface Dataset {
  interactions: Interactions;
  catalogue: ReadonlyMap<string, Item>;
  /** Times are made up: the files give the order alone. */
  isUntimed: boolean;
  skipped: readonly Skipped[];
}

/** Throws if a file cannot be read, or less than half of it can be taken. */
export const readFiles = (request: DatasetRequest): Promise<Dataset> =>
  withDuckDb(async (connection) => {
    const source = await openSource(connection, request);
    const { eventSelects } = source;
    const startedAt = Date.now();
    const { types = {}, ratingScale } = request;
    const staged = await stageEvents(connection, {
      selects: eventSelects,
      preset: source.preset,
      types,
      ratingScale,
      startedAt,
    });
    assertMostTaken('interactions', staged.taken, staged.skipped, source);
    const collector = new InteractionCollector(staged.taken);
    for await (const interaction of readStagedInteractions(connection, staged.preset, startedAt))
      collector.add(interaction);
    const { items, skipped } = await readCatalogue(connection, source);
    return {
      interactions: collector.collect(),
      catalogue: new Map(items.map((item) => [item.itemId, item])),
      isUntimed: staged.preset.isUntimed === true,
      skipped: [...staged.skipped, ...skipped],
    };
  });

/** Reads the whole log of the stores as of now; a server may use them meanwhile. */
export const readStore = (chosen: ChosenStores, onProgress: (step: string) => void): Promise<Dataset> =>
  withTemporaryFolder('log', async (folder) => {
    const { files, catalogue } = await chosen.open(async (stores) => ({
      files: await fetchWholeLog(stores, { state: chosen.state, folder, onProgress }),
      catalogue: await readStoredCatalogue(stores.DB),
    }));
    const interactions = await withDuckDb(async (connection) => {
      await createViews(connection, files);
      return readInteractions(connection, (read) => onProgress(`reading events, ${read.toLocaleString('en')} so far`));
    }, READING_MEMORY_LIMIT);
    return { interactions, catalogue, isUntimed: false, skipped: [] };
  });
