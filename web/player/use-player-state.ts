// React-style state of one player: another player starts from the initial value, and updates for a player who is no
// longer shown are dropped.

import { useRef, useState } from 'preact/hooks';

type Update<T> = (change: (now: T) => T) => void;

export function usePlayerState<T>(userId: string, initial: T): [T, Update<T>] {
  const shownUser = useRef(userId);
  shownUser.current = userId;
  const [kept, setKept] = useState({ userId, value: initial });
  const update: Update<T> = (change) => {
    if (userId !== shownUser.current) return;
    setKept((now) => {
      const value = change(now.userId === userId ? now.value : initial);
      return now.userId === userId && Object.is(value, now.value) ? now : { userId, value };
    });
  };
  return [kept.userId === userId ? kept.value : initial, update];
}
