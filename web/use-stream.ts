// The player's stream: keeps the last notice in words, and says when the page should follow another device.

import { useLayoutEffect, useRef } from 'hono/jsx/dom';
import type { Notice } from '../models/contracts/notice.ts';
import type { Api } from './api.ts';
import { listen } from './stream.ts';
import { usePlayerState } from './use-player-state.ts';

/** A gallery that is ready so soon after an event of this page is the one that is shown already. */
const OWN_ECHO_MS = 10_000;

export function useStream(api: Api, userId: string, onChangedElsewhere: () => void) {
  const [lastNotice, setLastNotice] = usePlayerState<string | null>(userId, null);
  const sentAt = useRef(Number.NEGATIVE_INFINITY);
  const noteSent = () => {
    sentAt.current = performance.now();
  };

  useLayoutEffect(() => {
    sentAt.current = Number.NEGATIVE_INFINITY;
    const hear = ({ generatedAt, changed }: Notice) => {
      const time = new Date(generatedAt).toLocaleTimeString();
      setLastNotice(() => `Gallery ready at ${time}, ${changed.itemsAdded.length} new games`);
      if (performance.now() - sentAt.current! > OWN_ECHO_MS) onChangedElsewhere();
    };
    return listen((after) => api.openStream(userId, after), hear);
  }, [userId]);

  return { lastNotice, noteSent };
}
