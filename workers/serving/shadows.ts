// Compares the shadow variants of experiments with answers after these were sent. For a tenth of the answers one shadow
// is composed, at most one a second in an isolate: a hundredth of a processor if a page takes ten milliseconds.

import type { ShadowComparison, Variant } from '../../models/contracts/experiment.ts';
import { createRng } from '../../models/features/rng.ts';
import { logError } from '../logging/log.ts';
import type { Page } from '../recommending/recommend.ts';
import type { Served } from './climb.ts';
import type { GalleryContent } from './compose-page.ts';
import { findFirstRow } from './first-row.ts';
import type { HydratedRequest } from './hydrate.ts';
import type { Isolate } from './isolate.ts';
import { type Assigned, replaceVariant } from './plan.ts';

const SAMPLED_SHARE = 0.1;
const PAUSE_MS = 1_000;
/** The answer has left by then. */
const DELAY_MS = 100;
/** A composition that died with its request does not block later ones for longer. */
const ABANDON_MS = 10_000;
/** The most comparisons kept for the next message; older ones are dropped. */
const KEPT_MAX = 20;

/** Epoch milliseconds. */
let startedAt = Number.NEGATIVE_INFINITY;
let isRunning = false;
let kept: ShadowComparison[] = [];

/** Comparisons that no message has taken yet. */
export function takeShadows(): ShadowComparison[] {
  const taken = kept;
  kept = [];
  return taken;
}

export function returnShadows(returned: readonly ShadowComparison[]): void {
  kept = [...returned, ...kept].slice(0, KEPT_MAX);
}

interface Drawn {
  experiment: Assigned['experiment'];
  variant: Variant;
}

/** Draws the shadow to compose for an answer; undefined for most. `now`: epoch milliseconds. */
export function drawShadow(
  { composed, interleaved }: Served<GalleryContent>,
  isolate: Isolate,
  now: number,
): Drawn | undefined {
  if (composed === undefined || composed.hasFailed || interleaved !== undefined) return undefined;
  const shadows = composed.plan.assigned
    .flatMap(({ experiment }) => listShadows(experiment))
    .filter(({ variant: { release } }) => release === undefined || isolate.findRelease(release) !== undefined);
  if (shadows.length === 0 || now - startedAt < (isRunning ? ABANDON_MS : PAUSE_MS)) return undefined;
  const random = createRng(`shadow ${composed.answer.recommendationId}`);
  if (random() >= SAMPLED_SHARE) return undefined;
  startedAt = now;
  return shadows[Math.floor(random() * shadows.length)];
}

const listShadows = (experiment: Assigned['experiment']): Drawn[] =>
  experiment.variants
    .filter(({ id, isShadow }) => isShadow && !experiment.stoppedVariants.some((stopped) => stopped.id === id))
    .map((variant) => ({ experiment, variant }));

/** Composes the shadow and keeps the comparison. Never rejects. */
export async function compareShadow(
  served: Served<GalleryContent>,
  { experiment, variant }: Drawn,
  compose: (hydrated: HydratedRequest) => Promise<GalleryContent>,
): Promise<void> {
  isRunning = true;
  const compared = { experimentId: experiment.experimentId, variant: variant.id };
  try {
    await scheduler.wait(DELAY_MS);
    const plan = replaceVariant(served.composed!.plan, experiment, variant);
    const hydrated = await served.composed!.follow(plan);
    if (hydrated.missing !== undefined) throw new Error(`no ${hydrated.missing}`);
    const shadow = await compose(hydrated);
    keep({ ...compared, ...compareFirstRows(served, shadow), failed: false });
  } catch (error) {
    logError('shadow failed', { ...compared, error: String((error as Error).stack) });
    keep({ ...compared, overlap: 0, shownValue: null, shadowValue: null, failed: true });
  } finally {
    isRunning = false;
  }
}

const keep = (comparison: ShadowComparison): void => returnShadows([comparison]);

function compareFirstRows(
  served: Served<GalleryContent>,
  shadow: GalleryContent,
): Pick<ShadowComparison, 'overlap' | 'shownValue' | 'shadowValue'> {
  const [shown, other] = [served, shadow].map(
    (content) => findFirstRow(content)?.items.map(({ itemId }) => itemId) ?? [],
  ) as [string[], string[]];
  const values = readUtilities(served);
  return {
    overlap: shown.length === 0 ? 0 : shown.filter((itemId) => other.includes(itemId)).length / shown.length,
    shownValue: computeMean(shown, values),
    shadowValue: computeMean(other, values),
  };
}

/** Expected utilities of the candidates, by item id; none if no ranking model scored the answer. */
function readUtilities({ page, input }: { page?: Page } & Pick<Served<object>, 'input'>): ReadonlyMap<string, number> {
  const utilities = new Map<string, number>();
  if (page === undefined || input.predictActions === null || page.ranking.rankingFailure !== undefined)
    return utilities;
  const { candidates, scores } = page.ranking;
  for (const [candidate, index] of candidates.indexes.entries())
    utilities.set(candidates.columns.ids[index]!, scores[candidate]!);
  return utilities;
}

/** Null if the model has scored none of them: it scores what the answer's sources retrieved. */
function computeMean(itemIds: readonly string[], values: ReadonlyMap<string, number>): number | null {
  const known = itemIds.flatMap((itemId) => values.get(itemId) ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0) / known.length;
}
