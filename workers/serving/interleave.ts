// Interleaves the first rows of two variants: they take turns to pick games, and the answer says which variant picked
// which. The rest of the page is the control's.

import type { InterleavedRow } from '../../models/contracts/experiment.ts';
import type { GalleryRow, RecommendedItem } from '../../models/contracts/gallery.ts';
import { draftTeams } from '../../models/experiments/interleaving.ts';
import { createRng } from '../../models/features/rng.ts';
import type { Selection } from '../recommending/filters.ts';
import { composePage, type GalleryContent } from './compose-page.ts';
import { findFirstRow } from './first-row.ts';
import type { HydratedRequest } from './hydrate.ts';
import { type Plan, replaceVariant } from './plan.ts';

/** Neither row is shuffled: a random order says nothing about its variant. */
export async function composeInterleaved(
  hydrated: HydratedRequest,
  rival: NonNullable<Plan['rival']>,
  length: number,
  selection: Pick<Selection, 'exclude'>,
): Promise<GalleryContent> {
  const { experiment, variant } = rival;
  const compared = await hydrated.follow(replaceVariant(hydrated.plan, experiment, variant));
  if (compared.missing !== undefined) throw new Error(`no ${compared.missing} for the variant ${variant.id}`);
  const own = await composePage(withoutShuffle(hydrated), length, selection);
  const other = await composePage(withoutShuffle(compared), length, selection);
  const [first, second] = [findFirstRow(own), findFirstRow(other)];
  if (first === undefined || second === undefined) return own;
  const { recommendationId } = hydrated.answer;
  const random = createRng(`interleaved ${experiment.experimentId} ${recommendationId}`);
  const drafted = draftTeams([listIds(first), listIds(second)], length, random);
  const interleaved: InterleavedRow = {
    recommendationId,
    experimentId: experiment.experimentId,
    teams: Object.fromEntries(
      [experiment.variants[0]!.id, variant.id].map((id, team) => [
        id,
        drafted.filter((pick) => pick.team === team).map(({ item }) => item),
      ]),
    ),
  };
  const items = drafted.map(({ item, team }) => findItem([first, second][team]!, item));
  const rows = replaceRow(own.rows, first, items);
  return { ...own, rows, ...(own.page && { page: { ...own.page, rows } }), interleaved };
}

const withoutShuffle = (hydrated: HydratedRequest): HydratedRequest => ({
  ...hydrated,
  input: { ...hydrated.input, settings: { ...hydrated.input.settings, shuffleShare: 0 } },
});

const listIds = ({ items }: GalleryRow): string[] => items.map(({ itemId }) => itemId);

const findItem = ({ items }: GalleryRow, itemId: string): RecommendedItem =>
  items.find((item) => item.itemId === itemId)!;

/** No game appears twice. */
function replaceRow(rows: readonly GalleryRow[], replaced: GalleryRow, items: RecommendedItem[]): GalleryRow[] {
  const shown = new Set(items.map(({ itemId }) => itemId));
  return rows
    .map((row) =>
      row === replaced ? { ...row, items } : { ...row, items: row.items.filter(({ itemId }) => !shown.has(itemId)) },
    )
    .filter((row) => row.items.length > 0);
}
