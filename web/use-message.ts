// The message about the player's last action, and how to undo the action.

import { usePlayerState } from './use-player-state.ts';

export interface Message {
  text: string;
  undo: () => void;
}

export function useMessage(userId: string) {
  const [message, setMessage] = usePlayerState<Message | null>(userId, null);
  const close = () => setMessage(() => null);
  const offerUndo = (text: string, undo: () => void) =>
    setMessage(() => ({
      text,
      undo: () => {
        close();
        undo();
      },
    }));
  return { message, offerUndo, close };
}
