// Names the filters that left nothing to show, so that the player can lift them. For empty pages only: it filters the
// whole catalogue once per cause.

import { EMPTY_CONTEXT } from '../../models/contracts/context.ts';
import { EMPTIED_BY, type EmptiedBy } from '../../models/contracts/gallery.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import { removes } from './filter.ts';
import { createPlayerFilters, createSelectionFilters, type Restrictions, type Selection } from './filters.ts';

type Filtered = Restrictions & Pick<Selection, 'exclude'>;

/**
 * The causes that, lifted alone, would show something; if there are none, all that remove something. Empty if items
 * pass the filters: then something else left the page empty.
 */
export function findEmptiedBy(input: Filtered): EmptiedBy[] {
  if (countShown(input) > 0) return [];
  const sufficient = EMPTIED_BY.filter((cause) => countShown(LIFTED[cause](input)) > 0);
  return sufficient.length > 0 ? sufficient : EMPTIED_BY.filter((cause) => removesSome(cause, input));
}

const lift = ({ user, ...input }: Filtered, changes: Partial<Preferences>): Filtered => ({
  ...input,
  user: { ...user, preferences: { ...user.preferences, ...changes } },
});

const LIFTED: Record<EmptiedBy, (input: Filtered) => Filtered> = {
  mutedGenres: (input) => lift(input, { mutedGenres: [] }),
  mutedTags: (input) => lift(input, { mutedTags: [] }),
  releaseWindow: (input) => lift(input, { releasedFrom: null, releasedUntil: null }),
  ageLimit: (input) => lift(input, { ageLimit: null }),
  request: (input) => ({ ...input, context: EMPTY_CONTEXT, exclude: [] }),
  rules: (input) => ({ ...input, rules: [] }),
  history: (input) => ({ ...input, user: { ...input.user, owned: [], played: [], dismissed: [] } }),
};

/** True if this cause removes items even when all others are lifted. */
function removesSome(cause: EmptiedBy, input: Filtered): boolean {
  const alone = EMPTIED_BY.reduce((kept, other) => (other === cause ? kept : LIFTED[other](kept)), input);
  return countShown(alone) < input.catalogue.size;
}

function countShown(input: Filtered): number {
  const { columns } = input.catalogue;
  const filters = [...createSelectionFilters(input, columns), ...createPlayerFilters(input)];
  let shown = 0;
  for (const index of columns.listVisible()) if (!removes(filters, index)) shown++;
  return shown;
}
