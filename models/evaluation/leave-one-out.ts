// Leave-one-out: a player's last choice is held out, and everything before it is the history that must predict it.

import type { HistoryItem } from '../contracts/signals.ts';
import type { Interactions } from '../training/interactions.ts';

const DAY_MS = 86_400_000;

export interface LeaveOneOut {
  /** What may be learnt from. */
  training: Interactions;
  /** Players whose last interaction is the question. */
  heldOut: readonly number[];
}

/**
 * Holds out the last interaction of the players that `isHeldOut` names and that have at least `lengthMin`. `removed`:
 * how many last interactions of theirs training does not see; 2 where the one before the last is for validation.
 */
export function leaveOneOut(
  all: Interactions,
  isHeldOut: (userId: string) => boolean,
  { lengthMin, removed }: { lengthMin: number; removed: number },
): LeaveOneOut {
  const ends = all.ends.slice();
  const heldOut: number[] = [];
  all.userIds.forEach((userId, user) => {
    if (ends[user]! - all.starts[user]! < lengthMin || !isHeldOut(userId)) return;
    ends[user]! -= removed;
    heldOut.push(user);
  });
  return { training: { ...all, ends }, heldOut };
}

export interface RankingCase {
  /** Newest first: each item at its first positive event, with that event's weight. Serving adds up later events too. */
  history: Pick<HistoryItem, 'itemId' | 'weight' | 'ageDays'>[];
  target: string;
}

/** The question that the last interaction of each held-out player puts. `all`: before the split. */
export function* rankingCases(all: Interactions, heldOut: readonly number[]): Generator<RankingCase> {
  for (const user of heldOut) {
    const last = all.ends[user]! - 1;
    const now = all.timestamps[last]!;
    const history: RankingCase['history'] = [];
    for (let row = last - 1; row >= all.starts[user]!; row--)
      history.push({
        itemId: all.itemIds[all.items[row]!]!,
        weight: all.weights[row]!,
        ageDays: (now - all.timestamps[row]!) / DAY_MS,
      });
    yield { history, target: all.itemIds[all.items[last]!]! };
  }
}
