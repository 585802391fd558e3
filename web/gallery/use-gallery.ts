// The gallery on the page. A newer one replaces it without losing the scroll position or the focus.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { afterPaint } from '../browser/after-paint.ts';
import { flushSync } from '../browser/flush-sync.ts';
import { captureCards } from '../browser/motion.ts';
import { capturePosition } from '../browser/position.ts';
import { rememberAim } from '../browser/press-guard.ts';
import type { Api } from '../player/api.ts';
import type { Timed } from '../player/timed.ts';
import { useLatest } from '../player/use-latest.ts';
import { usePlayerState } from '../player/use-player-state.ts';
import { listRowsInView, predictRowsInView } from './rows-in-view.ts';
import { type ShownGallery, showMoreRows, showRowsInView } from './shown-gallery.ts';

/** So few that a press between two tasks is not felt to wait. */
const ROWS_PER_TASK = 3;

export function useGallery(api: Api, userId: string) {
  const [shown, setShown] = usePlayerState<ShownGallery | null>(userId, null);
  const begin = useLatest();
  const complete = useLastComplete(shown);
  // The other rows follow when those in view are on the screen.
  useLayoutEffect(() => {
    if (shown === null || shown.outdated.length === 0) return;
    return afterPaint(() => setShown((now) => now && showMoreRows(now, now.outdated.slice(0, ROWS_PER_TASK))));
  }, [shown]);

  /**
   * Shows the answer to a request that has just been sent. Resolves to false if a later request has overtaken it.
   * Rejects with a Problem.
   */
  const show = async (answering: Promise<Timed<Gallery>>): Promise<boolean> => {
    const isLatest = begin();
    try {
      const answer = await answering;
      if (isLatest()) {
        const isInView = predictRowsInView(answer.body.rows.map(({ id }) => id));
        showSteadily(() => setShown((now) => showRowsInView(now, answer, isInView)), showMissedRows);
      }
    } catch (error) {
      if (isLatest()) throw error;
    }
    return isLatest();
  };
  /** Updates the rows in view whose prediction was wrong. */
  const showMissedRows = () => {
    const inView = listRowsInView();
    const isMissed =
      ({ rows }: ShownGallery) =>
      (index: number) =>
        inView.has(rows[index]!.id);
    setShown((now) => now && showMoreRows(now, now.outdated.filter(isMissed(now))));
  };
  /** Discards answers under way: they predate a change that the player has just made. */
  const discardPending = () => void begin();

  return { shown, complete, show, load: () => show(api.readGallery(userId)), discardPending };
}

/** The last answer that all rows have shown. Null before the first, and before another player's. */
function useLastComplete(shown: ShownGallery | null): Timed<Gallery> | null {
  const last = useRef<Timed<Gallery> | null>(null);
  if (shown === null) last.current = null;
  else if (shown.outdated.length === 0) last.current = shown.answer;
  return last.current;
}

/** `follow` is called once the position on the page is restored, before anything is drawn. */
function showSteadily(change: () => void, follow: () => void): void {
  const restorePosition = capturePosition();
  const animate = captureCards();
  const guardPress = rememberAim();
  flushSync(change);
  restorePosition();
  flushSync(follow);
  animate();
  guardPress();
}
