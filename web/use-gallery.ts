// The gallery on the page. A newer one replaces it without losing the scroll position or the focus.

import { flushSync } from 'hono/jsx/dom';
import type { Gallery } from '../models/contracts/gallery.ts';
import type { Api, Timed } from './api.ts';
import { captureCards } from './motion.ts';
import { capturePosition } from './position.ts';
import { rememberAim } from './press-guard.ts';
import { reuseItems } from './reuse-items.ts';
import { useLatest } from './use-latest.ts';
import { usePlayerState } from './use-player-state.ts';

export function useGallery(api: Api, userId: string) {
  const [answer, setAnswer] = usePlayerState<Timed<Gallery> | null>(userId, null);
  const begin = useLatest();

  /** Resolves to false if a later call has overtaken this one. Rejects with a Problem. */
  const load = async (): Promise<boolean> => {
    const isLatest = begin();
    try {
      const { body, ms } = await api.readGallery(userId);
      if (isLatest()) showSteadily(() => setAnswer((now) => ({ body: reuseItems(now?.body, body), ms })));
    } catch (error) {
      if (isLatest()) throw error;
    }
    return isLatest();
  };
  /** Discards answers under way: they predate a change that the player has just made. */
  const discardPending = () => void begin();

  return { answer, load, discardPending };
}

function showSteadily(change: () => void): void {
  const restorePosition = capturePosition();
  const animate = captureCards();
  const guardPress = rememberAim();
  flushSync(change);
  restorePosition();
  animate();
  guardPress();
}
