// Makes a player's backup gallery as the online tier would make it now. It stores nothing.

import type { RequestContext } from '../../models/contracts/context.ts';
import type { UserView } from '../../models/contracts/signals.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import { Budget, DEADLINE_MAX_MS } from '../gathering/budget.ts';
import { gather } from '../gathering/gather.ts';
import type { Moment } from '../recommending/moment.ts';
import { composeGallery } from '../recommending/recommend.ts';

/** As long as a row of the online tier's by default. */
export const STORED_ROW_LENGTH = 12;

export interface BackupInput {
  env: Env;
  userId: string;
  context: RequestContext;
  view: UserView;
  waitUntil(promise: Promise<unknown>): void;
}

/** Undefined where something is lacking that an earlier gallery had: it must not take that one's place. */
export async function makeBackup({ context, ...input }: BackupInput): Promise<StoredGallery | undefined> {
  const { moment, answer, lacking } = await gather({ ...input, context, budget: new Budget(DEADLINE_MAX_MS) });
  if (lacking !== undefined || moment.catalogue.size === 0) return undefined;
  const { recommendationId, generatedAt, release, dataUntil } = answer;
  return { recommendationId, generatedAt, release, dataUntil, rows: composeRows(moment) };
}

/** With the whole items, so that they can be shown where the catalogue cannot be read. */
export const composeRows = (moment: Moment): StoredGallery['rows'] =>
  composeGallery(moment, STORED_ROW_LENGTH).rows.map((row) => ({
    ...row,
    items: row.items.map((one) => ({ ...one, item: moment.catalogue.get(one.itemId) })),
  }));
