// Lists a player's items by their marks: owned, played, liked, dismissed. There may be thousands of marks, so it passes
// over them once.

import { type EventType, KEPT_BY_RESET, RETRACTIONS } from '../contracts/event.ts';
import { type MarkKind, type Marks, RESET_ITEM, type Signals, type UserState } from '../contracts/signals.ts';

export type MarkedItems = Pick<UserState, 'owned' | 'played' | 'liked' | 'dismissed'>;

export const getResetAt = (marks: Signals['marks']): number | undefined => marks.get(RESET_ITEM)?.reset;

export function listMarkedItems(marks: Signals['marks']): MarkedItems {
  const resetAt = getResetAt(marks);
  const items: MarkedItems = { owned: [], played: [], liked: [], dismissed: [] };
  for (const [itemId, all] of marks) {
    const own = resetAt === undefined ? all : dropForgotten(all, resetAt);
    if (getTrueAt(own, 'purchase') > 0) items.owned.push(itemId);
    if (own.play !== undefined || own.rate !== undefined) items.played.push(itemId);
    if (getTrueAt(own, 'like') > 0) items.liked.push(itemId);
    if (isDismissed(own)) items.dismissed.push(itemId);
  }
  return items;
}

/** Keeps what a reset left. Marks of purchases stay: a game that is owned is not recommended again. */
function dropForgotten(marks: Marks, resetAt: number): Marks {
  const kept: Marks = {};
  for (const [kind, at] of Object.entries(marks) as [MarkKind, number][])
    if (at > resetAt || isKeptByReset(kind)) kept[kind] = at;
  return kept;
}

const isKeptByReset = (type: EventType): boolean => KEPT_BY_RESET.includes(type);

const RETRACTION_OF = new Map(Object.entries(RETRACTIONS).map(([retraction, type]) => [type, retraction as MarkKind]));

/** Time of the mark; 0 if there is none, or if it was taken back at that time or later. */
function getTrueAt(marks: Marks, kind: MarkKind): number {
  const at = marks[kind];
  if (at === undefined) return 0;
  const retraction = RETRACTION_OF.get(kind);
  return retraction !== undefined && (marks[retraction] ?? 0) >= at ? 0 : at;
}

const LIFTING = ['undismiss', 'like', 'purchase', 'play', 'wishlist'] as const;

/** A dismissal or dislike lasts until the player takes it back, or interacts with the game after all. */
function isDismissed(marks: Marks): boolean {
  const dismissedAt = Math.max(marks.dismiss ?? 0, marks.dislike ?? 0);
  return dismissedAt > 0 && LIFTING.every((kind) => getTrueAt(marks, kind) < dismissedAt);
}
