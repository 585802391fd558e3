// Loads the player's state anew after each thing sent, sends again what waits, and keeps the problem to report.

import { useLayoutEffect } from 'preact/hooks';
import type { Problem } from '../../client/problem.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import { painted } from '../browser/after-paint.ts';
import type { Timed } from './timed.ts';
import { usePlayerState } from './use-player-state.ts';
import { useRetry } from './use-retry.ts';

type HandleFailure = (failure: Problem) => void;

interface PlayerParts {
  /** loadGallery and showGallery resolve to false if a later call of either overtook them. */
  loadGallery: () => Promise<boolean>;
  showGallery: (answering: Promise<Timed<Gallery>>) => Promise<boolean>;
  loadSignals: () => Promise<unknown>;
  /** Each sends what waits, and resolves to whether there was anything of this player. */
  sendWaiting: readonly (() => Promise<boolean>)[];
}

export function useDelivery(userId: string, { loadGallery, showGallery, loadSignals, sendWaiting }: PlayerParts) {
  const [problem, setProblem] = usePlayerState<Problem | null>(userId, null);
  const reportFailure = (work: Promise<unknown>) => work.catch((error) => setProblem(() => error as Problem));
  const load = async (loading = loadGallery()) => {
    if (!(await loading)) return;
    setProblem(() => null);
    // The gallery first.
    await painted();
    await loadSignals();
  };
  const refresh = () => void reportFailure(load());

  const handleFailure = async (failure: Problem): Promise<void> => {
    setProblem(() => failure);
    // What the press showed early is taken back, and the answers that it overtook are missing. The alert stays.
    await loadGallery()
      .then(loadSignals)
      .catch(() => {});
  };
  /** `showing`: shows the gallery in the answer to `sending`. Never rejects. */
  const settle = async (sending: Promise<unknown>, showing?: Promise<boolean>, onFailure?: HandleFailure) => {
    try {
      await sending;
    } catch (error) {
      onFailure?.(error as Problem);
      return handleFailure(error as Problem);
    }
    await reportFailure(load(showing));
  };
  const sendAndLoad = (sending: Promise<unknown>, onFailure?: HandleFailure): Promise<void> =>
    settle(sending, undefined, onFailure);
  /** As sendAndLoad, for an answer that contains the gallery. */
  const sendAndShow = (sending: Promise<Timed<Gallery>>, onFailure?: HandleFailure): Promise<void> => {
    // At once, so that the answer to an earlier request does not replace it.
    const showing = showGallery(sending);
    showing.catch(() => {});
    return settle(sending, showing, onFailure);
  };

  const sendAllWaiting = async () => {
    const sendings = await Promise.allSettled(sendWaiting.map((send) => send()));
    return {
      delivered: sendings.some((sending) => sending.status === 'fulfilled' && sending.value),
      failure: sendings.find((sending) => sending.status === 'rejected')?.reason as Problem | undefined,
    };
  };
  const retry = async () => {
    const { failure } = await sendAllWaiting();
    await (failure ? handleFailure(failure) : reportFailure(load()));
  };
  useRetry(userId, async () => {
    const { delivered, failure } = await sendAllWaiting();
    // That something still waits is no news: the alert has been there since the press.
    if (failure && !failure.isTemporary) await handleFailure(failure);
    else if (delivered) refresh();
  });
  useLayoutEffect(refresh, [userId]);

  return { problem, reportFailure, refresh, sendAndLoad, sendAndShow, retry: () => void retry() };
}
