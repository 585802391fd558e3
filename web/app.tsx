// The page: finds the key and the player, then shows the player's store.

import { useEffect, useState } from 'hono/jsx/dom';
import { type Api, connect, type KnownPlayer } from './api.ts';
import { findKey, forgetKey, keepKey } from './key.ts';
import { KeyForm } from './key-form.tsx';
import { newPlayerId, readPlayerInAddress, writePlayerInAddress } from './picker.tsx';
import { Store } from './store.tsx';

export function App() {
  // undefined: not looked for yet; null: it must be typed in.
  const [key, setKey] = useState<string | null | undefined>(undefined);
  const [refusal, setRefusal] = useState<string | null>(null);
  useEffect(() => {
    findKey().then(setKey);
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
  if (key === undefined) return null;
  if (key === null) return <KeyForm problem={refusal} onKey={acceptKey} />;
  return <Players apiKey={key} onRefused={refuseKey} />;
}

function Players({ apiKey, onRefused }: { apiKey: string; onRefused: (reason: string) => void }) {
  const [api] = useState<Api>(() => connect(apiKey));
  const [players, setPlayers] = useState<KnownPlayer[]>([]);
  const [userId, setUserId] = useState(readPlayerInAddress());
  const selectPlayer = (selected: string) => {
    writePlayerInAddress(selected);
    setUserId(selected);
  };

  useEffect(() => {
    // A key that may not list players still opens the gallery of one.
    api
      .readPlayers()
      .catch(() => [])
      .then((known) => {
        setPlayers(known);
        if (userId === null) setUserId(known[0]?.userId ?? newPlayerId());
      });
  }, []);

  if (userId === null) return null;
  return <Store api={api} userId={userId} players={players} onSelectPlayer={selectPlayer} onRefused={onRefused} />;
}
