// Tries again to send what waits: when the page opens, when the browser is back online, and after a pause.

import { useLayoutEffect } from 'preact/hooks';

const RETRY_AFTER_MS = 15_000;

export function useRetry(userId: string, sendAgain: () => void): void {
  useLayoutEffect(() => {
    const timer = setInterval(sendAgain, RETRY_AFTER_MS);
    addEventListener('online', sendAgain);
    sendAgain();
    return () => {
      clearInterval(timer);
      removeEventListener('online', sendAgain);
    };
  }, [userId]);
}
