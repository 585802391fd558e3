// Shows the effect of the player's last action, and offers to undo it. The live region is always on the page: one added
// together with its text is not read out.

import { CloseIcon } from '../gallery/icons.tsx';
import type { Message } from '../player/use-message.ts';

export function MessageBar({ message, onClose }: { message: Message | null; onClose: () => void }) {
  return (
    <div class={message ? 'message open' : 'message'}>
      <p role="status">{message?.text}</p>
      {message && (
        <>
          <button type="button" class="quiet" onClick={message.undo}>
            Undo
          </button>
          <button type="button" class="round" aria-label="Close the message" onClick={onClose}>
            <CloseIcon />
          </button>
        </>
      )}
    </div>
  );
}
