// A handler that stays the same function across renders and calls the newest version, so that memoised components need
// not render again.

import { useRef, useState } from 'preact/hooks';

export function useStable<Args extends unknown[]>(handler: (...args: Args) => void): (...args: Args) => void {
  const newest = useRef(handler);
  newest.current = handler;
  const [stable] = useState(
    () =>
      (...args: Args) =>
        newest.current!(...args),
  );
  return stable;
}
