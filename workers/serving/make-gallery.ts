// Makes a gallery to be kept, as the online tier would make it now: after an event for one player, in bulk for many. It
// stores nothing.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { composeGallery } from '../recommending/recommend.ts';
import { Budget, DEADLINE_MAX_MS } from './budget.ts';
import { hydrate } from './hydrate.ts';

/** As long as a row of the online tier's by default. */
export const STORED_ROW_LENGTH = 12;

export interface GalleryInput {
  env: Env;
  userId: string;
  context: RequestContext;
  user: UserState;
  waitUntil(promise: Promise<unknown>): void;
}

/** Undefined where something is lacking that an earlier gallery may have had: it must not take that one's place. */
export async function makeGallery({ context, ...input }: GalleryInput): Promise<StoredGallery | undefined> {
  const {
    input: moment,
    answer,
    missing: lacking,
  } = await hydrate({ ...input, context, budget: new Budget(DEADLINE_MAX_MS) });
  if (lacking !== undefined || moment.catalogue.size === 0) return undefined;
  const { recommendationId, generatedAt, release, dataUntil } = answer;
  return { recommendationId, generatedAt, release, dataUntil, rows: await composeRows(moment) };
}

/** With the whole items, so that they can be shown where the catalogue cannot be read. */
export async function composeRows(moment: RankingInput): Promise<StoredGallery['rows']> {
  const { rows } = await composeGallery(moment, STORED_ROW_LENGTH);
  return rows.map((row) => ({
    ...row,
    items: row.items.map((one) => ({ ...one, item: moment.catalogue.get(one.itemId) })),
  }));
}
