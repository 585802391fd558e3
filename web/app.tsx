// The page: finds the key and the player, then shows the player's store.

import { useEffect, useState } from 'preact/hooks';
import { useAddress } from './browser/address.ts';
import { KeyForm } from './panels/key-form.tsx';
import { newPlayerId } from './panels/picker.tsx';
import { type Api, connect, type KnownPlayer } from './player/api.ts';
import { findKey, forgetKey, keepKey } from './player/key.ts';
import { Store } from './store.tsx';

export function App() {
  // Null if the user must type it in.
  const [key, setKey] = useState<string | null>(findKey);
  const [refusal, setRefusal] = useState<string | null>(null);
  // An address with a key may be opened in a tab that already shows the page without one.
  useEffect(() => {
    const follow = () => setKey(findKey());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);

  const acceptKey = (typed: string) => {
    keepKey(typed);
    setKey(typed);
  };
  const refuseKey = (reason: string) => {
    forgetKey();
    setRefusal(reason);
    setKey(null);
  };
  if (key === null) return <KeyForm problem={refusal} onKey={acceptKey} />;
  return <Players key={key} apiKey={key} onRefused={refuseKey} />;
}

function Players({ apiKey, onRefused }: { apiKey: string; onRefused: (reason: string) => void }) {
  const [api] = useState<Api>(() => connect(apiKey));
  const [players, setPlayers] = useState<KnownPlayer[]>([]);
  const [{ player, query }, navigate] = useAddress();

  useEffect(() => {
    // A key without permission to list players still opens a player's gallery.
    api
      .readPlayers()
      .catch(() => [])
      .then((known) => {
        setPlayers(known);
        if (player === null) navigate({ player: known[0]?.userId ?? newPlayerId() }, 'replace');
      });
  }, []);

  if (player === null) return null;
  return (
    <Store api={api} userId={player} query={query} players={players} onNavigate={navigate} onRefused={onRefused} />
  );
}
