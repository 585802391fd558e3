// A press on a game: shown at once, with an offer to undo it, and sent as an event.

import type { Problem } from '../../client/problem.ts';
import type { Item } from '../../models/contracts/item.ts';
import { useStable } from '../browser/use-stable.ts';
import type { Offer } from './use-message.ts';
import type { Act, ActionType } from './use-outbox.ts';
import { usePlayerState } from './use-player-state.ts';

/** A press that the gallery has not answered yet. */
export interface PendingPress {
  itemId: string;
  type: ActionType;
}

interface Actions {
  applyNow: (press: PendingPress) => void;
  offerUndo: (text: string, undo: () => void) => Offer;
  /** Settles when the gallery has answered. */
  send: (type: ActionType, item: Item, inGallery: boolean, onFailure: (problem: Problem) => void) => Promise<void>;
}

export function useAct(userId: string, { applyNow, offerUndo, send }: Actions) {
  const [pending, setPending] = usePlayerState<PendingPress | null>(userId, null);
  const act: Act = useStable<Parameters<Act>>((type, item, inGallery = false) => {
    const { itemId, title } = item;
    if (pending?.itemId === itemId && pending.type === type) return;
    const press = { itemId, type };
    let offer: Offer | undefined;
    // First, so that the request leaves before the page renders the press.
    const sending = send(type, item, inGallery, (problem) => problem.isTemporary || offer?.withdraw());
    setPending(() => press);
    applyNow(press);
    // Either takes the game from the page, and its buttons with it.
    if (type === 'dismiss') offer = offerUndo(`Dismissed ${title}.`, () => act('undismiss', item));
    if (type === 'like') offer = offerUndo(`Liked ${title}.`, () => act('unlike', item));
    sending.finally(() => setPending((now) => (now === press ? null : now)));
  });
  return { act, pending };
}
