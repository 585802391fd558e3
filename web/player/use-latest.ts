// Orders overlapping requests: only the one sent last may change the page.

import { useRef } from 'preact/hooks';

/** Returns `begin`: call it before a request. The function it returns is true while no other request has begun. */
export function useLatest(): () => () => boolean {
  const newest = useRef(0);
  return () => {
    const mine = newest.current! + 1;
    newest.current = mine;
    return () => mine === newest.current;
  };
}
