// The message about the player's last action, and how to undo the action.

import { usePlayerState } from './use-player-state.ts';

export interface Message {
  text: string;
  undo: () => void;
}
/** A message that another may have replaced: then neither call changes anything. */
export interface Offer {
  restate: (text: string) => void;
  withdraw: () => void;
}

export function useMessage(userId: string) {
  const [message, setMessage] = usePlayerState<Message | null>(userId, null);
  const close = () => setMessage(() => null);
  const offerUndo = (text: string, undo: () => void): Offer => {
    const closeAndUndo = () => {
      close();
      undo();
    };
    const replace = (next: Message | null) => setMessage((now) => (now?.undo === closeAndUndo ? next : now));
    setMessage(() => ({ text, undo: closeAndUndo }));
    return { restate: (next) => replace({ text: next, undo: closeAndUndo }), withdraw: () => replace(null) };
  };
  return { message, offerUndo, close };
}
