// Calls back when the page is about to close, and when the network is back. Does nothing outside browsers.

/** Returns `stop`. A hidden page counts as closing: a phone may end it without another event. */
export function followPage(onHidden: () => void, onOnline: () => void): () => void {
  if (typeof document === 'undefined') return () => {};
  const handleVisibility = () => document.visibilityState === 'hidden' && onHidden();
  addEventListener('pagehide', onHidden);
  document.addEventListener('visibilitychange', handleVisibility);
  addEventListener('online', onOnline);
  return () => {
    removeEventListener('pagehide', onHidden);
    document.removeEventListener('visibilitychange', handleVisibility);
    removeEventListener('online', onOnline);
  };
}
