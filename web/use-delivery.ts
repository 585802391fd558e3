// Loads the player's state anew after each thing sent, sends again what waits, and keeps the problem to report.

import { useLayoutEffect } from 'hono/jsx/dom';
import type { Problem } from './api.ts';
import { usePlayerState } from './use-player-state.ts';
import { useRetry } from './use-retry.ts';

interface PlayerParts {
  /** Resolves to false where a later call overtook this one. */
  loadGallery: () => Promise<boolean>;
  loadSignals: () => Promise<unknown>;
  /** Each sends what waits, and resolves to whether there was anything of this player. */
  sendWaiting: readonly (() => Promise<boolean>)[];
}

export function useDelivery(userId: string, { loadGallery, loadSignals, sendWaiting }: PlayerParts) {
  const [problem, setProblem] = usePlayerState<Problem | null>(userId, null);
  const reportFailure = (work: Promise<unknown>) => work.catch((error) => setProblem(() => error as Problem));
  const load = async () => {
    if (!(await loadGallery())) return;
    setProblem(() => null);
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
  /** Never rejects. */
  const sendAndLoad = async (sending: Promise<unknown>, onFailure?: (failure: Problem) => void): Promise<void> => {
    try {
      await sending;
    } catch (error) {
      onFailure?.(error as Problem);
      return handleFailure(error as Problem);
    }
    await reportFailure(load());
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

  return { problem, reportFailure, refresh, sendAndLoad, retry: () => void retry() };
}
