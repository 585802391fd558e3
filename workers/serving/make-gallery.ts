// Composes galleries to be stored, as the online tier would compose them now, by the player's variants: for one player
// after an event, or for many players in a batch. It stores nothing, and exposes nobody to an experiment.

import type { RequestContext } from '../../models/contracts/context.ts';
import { GALLERY_ROW_LENGTH_DEFAULT } from '../../models/contracts/gallery.ts';
import type { UserState } from '../../models/contracts/signals.ts';
import type { StoredGallery } from '../../models/contracts/stored-gallery.ts';
import type { RankingInput } from '../recommending/ranking-input.ts';
import { Budget } from './budget.ts';
import { composeByPlan, composePage } from './compose-page.ts';
import { type HydratedRequest, hydrate } from './hydrate.ts';
import { isolate } from './isolate.ts';
import type { Models } from './run-models.ts';
import { scoreTogether } from './score-together.ts';

/** Nobody is waiting, so a cold isolate has time to load its release. */
const DEADLINE_MS = 10_000;
/**
 * Players whose histories one run scores, which holds up other requests: four at most, and fewer in a large catalogue,
 * where scores take longer. A count, because a Worker's clock stands still while it computes.
 */
const TOGETHER_MAX = 4;
const ITEMS_TOGETHER_MAX = 80_000;

export interface Player {
  userId: string;
  context: RequestContext;
  user: UserState;
}

interface Surroundings {
  env: Env;
  waitUntil(promise: Promise<unknown>): void;
}

/**
 * Undefined if an input is missing: an earlier gallery, made with it, is better. Includes whole items, so that the
 * gallery can be shown while the catalogue cannot be read.
 */
export async function makeGallery(request: Player & Surroundings): Promise<StoredGallery | undefined> {
  const composed = await compose(await ask(request));
  if (composed === undefined) return undefined;
  const { gallery, catalogue } = composed;
  const rows = gallery.rows.map((row) => ({
    ...row,
    items: row.items.map((one) => ({ ...one, item: catalogue.get(one.itemId) })),
  }));
  return { ...gallery, rows };
}

/**
 * Yields the galleries of the players, in order, without whole items. Other requests come in before each. `players` is
 * read a few at a time, since what it computes holds up other requests as well.
 */
export async function* makeGalleries<P extends Player>(
  players: Iterable<P>,
  surroundings: Surroundings,
): AsyncGenerator<{ player: P; gallery: StoredGallery | undefined }> {
  const models = scoreTogether(isolate);
  const iterator = players[Symbol.iterator]();
  for (;;) {
    const together = takeNext(iterator, countTogether(isolate.catalogue.size));
    if (together.length === 0) return;
    const asked = await Promise.all(together.map((player) => ask({ ...player, ...surroundings, models })));
    for (const [at, player] of together.entries()) {
      await scheduler.wait(0);
      const composed = await compose(asked[at]!);
      yield { player, gallery: composed?.gallery };
    }
  }
}

/** Unlike the iterator's own `take`, it leaves the iterator open. */
function takeNext<T>(iterator: Iterator<T>, count: number): T[] {
  const taken: T[] = [];
  while (taken.length < count) {
    const next = iterator.next();
    if (next.done) break;
    taken.push(next.value);
  }
  return taken;
}

const countTogether = (items: number): number =>
  Math.max(1, Math.min(TOGETHER_MAX, Math.floor(ITEMS_TOGETHER_MAX / Math.max(1, items))));

const ask = (request: Player & Surroundings & { models?: Models }): Promise<HydratedRequest> =>
  hydrate({ ...request, budget: new Budget(DEADLINE_MS) });

async function compose(
  asked: HydratedRequest,
): Promise<{ gallery: StoredGallery; catalogue: RankingInput['catalogue'] } | undefined> {
  const { catalogue } = asked.input;
  if (asked.missing !== undefined || catalogue.size === 0) return undefined;
  const { composed, hydrated } = await composeByPlan(asked, (one) => composePage(one, GALLERY_ROW_LENGTH_DEFAULT));
  const { recommendationId, generatedAt, release, dataUntil } = hydrated.answer;
  const { rows } = composed;
  return { gallery: { recommendationId, generatedAt, release, dataUntil, rows }, catalogue };
}
