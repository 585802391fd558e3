// Composes a gallery to be stored, as the online tier would compose it now: for one player after an event, or for many
// players in a batch. It stores nothing.

import type { RequestContext } from '../../models/contracts/context.ts';
import { GALLERY_ROW_LENGTH_DEFAULT } from '../../models/contracts/gallery.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { composeGallery } from '../recommending/recommend.ts';
import { Budget } from './budget.ts';
import { hydrate } from './hydrate.ts';

/** Nobody is waiting, so a cold isolate has time to load its release. */
const DEADLINE_MS = 10_000;

interface GalleryInput {
  env: Env;
  userId: string;
  context: RequestContext;
  user: UserState;
  waitUntil(promise: Promise<unknown>): void;
}

/** Undefined if an input is missing: an earlier gallery, made with it, is better. */
export async function makeGallery(request: GalleryInput): Promise<StoredGallery | undefined> {
  const { input, answer, missing } = await hydrate({ ...request, budget: new Budget(DEADLINE_MS) });
  if (missing !== undefined || input.catalogue.size === 0) return undefined;
  const { recommendationId, generatedAt, release, dataUntil } = answer;
  return { recommendationId, generatedAt, release, dataUntil, rows: await composeRows(input) };
}

/** Includes whole items, so that the gallery can be shown while the catalogue cannot be read. */
async function composeRows(input: RankingInput): Promise<StoredGallery['rows']> {
  const { rows } = await composeGallery(input, GALLERY_ROW_LENGTH_DEFAULT);
  return rows.map((row) => ({
    ...row,
    items: row.items.map((one) => ({ ...one, item: input.catalogue.get(one.itemId) })),
  }));
}
