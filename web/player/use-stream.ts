// The player's stream: keeps the last notice in words, and tells when another device has changed the gallery.

import { useLayoutEffect } from 'preact/hooks';
import type { Notice } from '../../models/contracts/notice.ts';
import type { Api } from './api.ts';
import { usePlayerState } from './use-player-state.ts';

/** `isOwn`: true if this page sent the event or change with the id. */
export function useStream(
  api: Api,
  userId: string,
  isOwn: (id: string) => boolean,
  onChangedElsewhere: () => void,
): string | null {
  const [lastNotice, setLastNotice] = usePlayerState<string | null>(userId, null);

  useLayoutEffect(() => {
    const handleNotice = ({ generatedAt, changed, causes }: Notice) => {
      const time = new Date(generatedAt).toLocaleTimeString();
      setLastNotice(() => `Gallery ready at ${time}, ${changed.itemsAdded.length} new games`);
      // Empty causes: they are unknown.
      if (causes.length === 0 || !causes.every(isOwn)) onChangedElsewhere();
    };
    return api.openStream(userId, handleNotice);
  }, [userId]);

  return lastNotice;
}
