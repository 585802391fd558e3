// A rung that serves a stored gallery, without items that must no longer be shown.

import type { GalleryRow, Tier } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { Rule } from '../../models/contracts/rule.ts';
import type { BatchGallery, StoredGallery } from '../../models/contracts/stored-gallery.ts';
import { filterStoredRows } from '../recommending/stored-rows.ts';
import { Catalogue } from '../storage/catalogue.ts';
import { withDeadline } from '../storage/deadline.ts';
import { readItems } from '../storage/items.ts';
import type { Rung } from './climb.ts';
import { toDegradation } from './degradation.ts';
import { addDegraded, type HydratedRequest } from './hydrate.ts';
import { identifyByLog } from './identify-by-log.ts';
import { isolate as thisIsolate } from './isolate.ts';
import type { RecommendationRequest } from './recommendation-request.ts';
import { mergeSafety } from './safety.ts';
import { selectRules } from './select-rules.ts';

type AnyStoredGallery = StoredGallery | BatchGallery;

export const storedRung =
  <T extends object>(
    tier: Extract<Tier, 'nearline' | 'batch'>,
    read: () => Promise<AnyStoredGallery | undefined>,
    request: RecommendationRequest,
    cut: (rows: readonly GalleryRow[]) => T | undefined,
  ): Rung<T> =>
  async (start) => {
    // An object that has just failed to answer is not asked again.
    if (tier === 'nearline' && start.missing === 'signals') return { hydrated: start };
    const identifying = identifyByLog(request, start);
    try {
      const gallery = await withDeadline(read(), request.budget.getWaitMs('stored'));
      const hydrated = await identifying;
      const content = gallery && cut(await keepShowable(gallery, request, hydrated));
      if (gallery === undefined || content === undefined) return { hydrated };
      const { generatedAt, release, dataUntil } = gallery;
      const { recommendationId = gallery.recommendationId } = request;
      const answer = { ...hydrated.answer, tier, recommendationId, generatedAt, release, dataUntil };
      return { served: { ...content, answer, input: hydrated.input } };
    } catch (error) {
      return { hydrated: addDegraded(await identifying, [toDegradation(tier, error)]) };
    }
  };

async function keepShowable(
  gallery: AnyStoredGallery,
  request: RecommendationRequest,
  hydrated: HydratedRequest,
): Promise<GalleryRow[]> {
  const [rules, catalogue] = await Promise.all([
    readRules(request, hydrated),
    readCatalogue(gallery, request, hydrated),
  ]);
  return filterStoredRows(gallery.rows, { ...hydrated.input, user: selectUser(gallery, hydrated), catalogue, rules });
}

/** A cold isolate waits for the rules again. */
async function readRules(
  { env, context, budget, isolate = thisIsolate, waitUntil }: RecommendationRequest,
  { input, isCold, isUnknownUser }: HydratedRequest,
): Promise<readonly Rule[]> {
  if (!isCold) return input.rules;
  const { value } = await isolate.state.getRules(env, Date.now(), waitUntil, budget.getWaitMs('stored'));
  return value === undefined ? input.rules : selectRules(isUnknownUser, value, context);
}

/**
 * A cold isolate waits for the catalogue again, or takes the gallery's games from D1, whichever comes first: a game may
 * have been hidden since. Without both, the games are as they were stored. A batch gallery's have just been read in D1.
 */
async function readCatalogue(
  gallery: AnyStoredGallery,
  { env, budget, isolate = thisIsolate, waitUntil }: RecommendationRequest,
  { input, isCold }: HydratedRequest,
): Promise<Catalogue> {
  if (!isCold || input.catalogue.size > 0) return input.catalogue;
  const stored = listItems(gallery.rows);
  if ('ownedOrPlayed' in gallery) return collectCatalogue(stored);
  const waitMs = budget.getWaitMs('stored');
  const awaitCatalogue = async () => {
    const { value, failure } = await isolate.getCatalogue(env, Date.now(), waitUntil, waitMs);
    if (value === undefined) throw new Error(failure);
    return value;
  };
  const itemIds = stored.map(({ itemId }) => itemId);
  const readAsNow = async () => collectCatalogue(await withDeadline(readItems(env.DB, itemIds), waitMs));
  return Promise.any([awaitCatalogue(), readAsNow()]).catch(() => collectCatalogue(stored));
}

/** Without the player's signals, the state that the batch computation used applies too. */
function selectUser(gallery: AnyStoredGallery, { input: { user }, missing }: HydratedRequest) {
  if (missing !== 'signals' || !('ownedOrPlayed' in gallery)) return user;
  const preferences = { ...user.preferences, ageLimit: gallery.ageLimit };
  return mergeSafety(user, { owned: gallery.ownedOrPlayed, played: [], dismissed: gallery.dismissed, preferences });
}

const listItems = (rows: readonly GalleryRow[]): Item[] =>
  rows.flatMap(({ items }) => items.flatMap(({ item }) => item ?? []));

function collectCatalogue(items: readonly Item[]): Catalogue {
  const catalogue = new Catalogue();
  for (const item of items) catalogue.apply({ itemId: item.itemId, revision: 0, item });
  return catalogue;
}
