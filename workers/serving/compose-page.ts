// Composes the page of one answer by its plan, and again by the default plan if a variant fails.

import type { InterleavedRow } from '../../models/contracts/experiment.ts';
import type { GalleryRow } from '../../models/contracts/gallery.ts';
import { logError } from '../logging/log.ts';
import type { Selection } from '../recommending/filters.ts';
import { composeBaseline, isBaseline, withoutFatigue } from '../recommending/policies.ts';
import { composeGallery, type Page } from '../recommending/recommend.ts';
import { toDegradation } from './degradation.ts';
import { fallBack, type HydratedRequest } from './hydrate.ts';

export interface GalleryContent {
  rows: GalleryRow[];
  /** Undefined for stored rows and baseline pages. */
  page?: Page;
  isBaseline?: boolean;
  /** The teams of the first row, if two variants took turns. */
  interleaved?: InterleavedRow;
}

export async function composePage(
  { input, plan: { policy } }: HydratedRequest,
  length: number,
  { exclude }: Pick<Selection, 'exclude'> = {},
): Promise<GalleryContent> {
  if (isBaseline(policy)) return { rows: composeBaseline(policy, input, length, { exclude }), isBaseline: true };
  const page = await composeGallery(policy === 'no-fatigue' ? withoutFatigue(input) : input, length, { exclude });
  return { rows: page.rows, page };
}

/** Throws if the default plan fails, too. */
export async function composeByPlan<T>(
  hydrated: HydratedRequest,
  compose: (hydrated: HydratedRequest) => Promise<T>,
): Promise<{ composed: T; hydrated: HydratedRequest }> {
  const { policy, assigned } = hydrated.plan;
  try {
    return { composed: await compose(hydrated), hydrated };
  } catch (error) {
    if (hydrated.hasFailed || (policy === 'full' && assigned.length === 0)) throw error;
    const variants = assigned.map(({ experiment, variant }) => `${experiment.experimentId}:${variant.id}`);
    logError('variant failed', { policy, variants, error: String((error as Error).stack) });
    const fallen = await fallBack(hydrated, [toDegradation('composition', error)]);
    return { composed: await compose(fallen), hydrated: fallen };
  }
}
