// How much likelier than usual a player takes to a game of some genre or tag: what was chosen against what was shown and
// passed over, label by label. Affinity says what was liked; this also says what was offered often and never taken.

import type { Item } from '../contracts/item.ts';
import type { UserState } from '../contracts/signals.ts';

/** By genre or tag: the logarithm of the factor by which the player chooses it more often than the rest, 0 where nothing is known. */
export type Lifts = ReadonlyMap<string, number>;

/** Looks at a label that are pretended to have come out as all of the player's do, so that a few say little. */
const PRIOR_LOOKS = 4;
/** Of a player of whom nothing is known yet. */
const PRIOR_CHOICES = 1;
const PRIOR_CHOICE_LOOKS = 12;
/** Shown as often as this, a game was passed over as surely as it will be. */
const TIMES_MAX = 3;

export function computeLabelLifts(
  { history, shown }: Pick<UserState, 'history' | 'shown'>,
  catalogue: { get(itemId: string): Item | undefined },
): Lifts {
  const all = { choices: PRIOR_CHOICES, looks: PRIOR_CHOICE_LOOKS };
  const byLabel = new Map<string, { choices: number; looks: number }>();
  const count = (itemId: string, choices: number, looks: number) => {
    const item = catalogue.get(itemId);
    if (item === undefined) return;
    all.choices += choices;
    all.looks += looks;
    for (const labels of [item.genres, item.tags])
      for (const label of labels) {
        const own = byLabel.get(label) ?? { choices: 0, looks: 0 };
        own.choices += choices;
        own.looks += looks;
        byLabel.set(label, own);
      }
  };
  for (const { itemId, weight } of history) count(itemId, Number(weight > 0), 1);
  for (const { itemId, times } of shown) count(itemId, 0, Math.min(times, TIMES_MAX));

  const rate = all.choices / all.looks;
  const lifts = new Map<string, number>();
  for (const [label, { choices, looks }] of byLabel)
    lifts.set(label, Math.log((choices + PRIOR_LOOKS * rate) / (looks + PRIOR_LOOKS) / rate));
  return lifts;
}
