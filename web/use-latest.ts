// Orders overlapping requests: of two under way only the one that was sent last may change the page.

import { useRef } from 'hono/jsx/dom';

/** Returns `begin`: call it before a request; what it returns says whether no other has begun since. */
export function useLatest(): () => () => boolean {
  const newest = useRef(0);
  return () => {
    const mine = newest.current! + 1;
    newest.current = mine;
    return () => mine === newest.current;
  };
}
