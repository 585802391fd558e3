// The page's address: the player and the search query. Each change is an entry in the browser's history, so that Back
// returns to the previous one, and a reload or a link shows the same page.

import { useEffect, useState } from 'preact/hooks';

export interface Address {
  /** Null if the address names none. */
  player: string | null;
  /** Empty without a search. */
  query: string;
}

export type Navigate = (changes: Partial<Address>, how?: 'push' | 'replace') => void;

export function formatAddress({ player, query }: Address): string {
  const parameters = new URLSearchParams();
  if (player !== null) parameters.set('player', player);
  if (query !== '') parameters.set('q', query);
  return `?${parameters}`;
}

function readAddress(): Address {
  const parameters = new URLSearchParams(location.search);
  return { player: parameters.get('player') || null, query: parameters.get('q') ?? '' };
}

export function useAddress(): [Address, Navigate] {
  const [address, setAddress] = useState(readAddress());
  useEffect(() => {
    const follow = () => setAddress(readAddress());
    addEventListener('popstate', follow);
    return () => removeEventListener('popstate', follow);
  }, []);
  const navigate: Navigate = (changes, how = 'push') => {
    const next = { ...readAddress(), ...changes };
    const url = formatAddress(next);
    if (url === (location.search || '?')) return;
    // An open dialog has its own entry (dialog-history.ts), which a selection in the dialog replaces.
    if (how === 'replace' || history.state?.dialog) history.replaceState(null, '', url);
    else history.pushState(null, '', url);
    setAddress(next);
  };
  return [address, navigate];
}
