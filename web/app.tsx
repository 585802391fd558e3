// The page: finds the key, chooses the player, and lays out what the player sees beside what the system did.

import { useEffect, useState } from 'hono/jsx/dom';
import { type Api, connect, type KnownPlayer } from './api.ts';
import { GalleryView } from './gallery.tsx';
import { listGenres } from './genres.ts';
import { Header } from './header.tsx';
import { findKey, forgetKey, keepKey } from './key.ts';
import { KeyForm } from './key-form.tsx';
import { newPlayerId, PlayerPicker, playerInAddress, putPlayerInAddress } from './picker.tsx';
import { usePlayer } from './player.ts';
import { SidePanel } from './side-panel.tsx';
import { Tune } from './tune.tsx';
import { Why } from './why.tsx';

export function App() {
  // undefined: still being looked for; null: a person must type it in.
  const [key, setKey] = useState<string | null | undefined>(undefined);
  const [refused, setRefused] = useState<string | null>(null);
  useEffect(() => {
    findKey().then(setKey);
  }, []);

  if (key === undefined) return null;
  if (key === null)
    return (
      <KeyForm
        problem={refused}
        onKey={(typed) => {
          keepKey(typed);
          setKey(typed);
        }}
      />
    );
  return (
    <Players
      apiKey={key}
      onRefused={(reason) => {
        forgetKey();
        setRefused(reason);
        setKey(null);
      }}
    />
  );
}

function Players({ apiKey, onRefused }: { apiKey: string; onRefused: (reason: string) => void }) {
  const [api] = useState(() => connect(apiKey));
  const [players, setPlayers] = useState<KnownPlayer[]>([]);
  const [userId, setUserId] = useState(playerInAddress());
  const choose = (chosen: string) => {
    putPlayerInAddress(chosen);
    setUserId(chosen);
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
  return <Store api={api} userId={userId} players={players} onChoose={choose} onRefused={onRefused} />;
}

interface StoreProps {
  api: Api;
  userId: string;
  players: KnownPlayer[];
  onChoose: (userId: string) => void;
  onRefused: (reason: string) => void;
}

function Store({ api, userId, players, onChoose, onRefused }: StoreProps) {
  const player = usePlayer(api, userId);
  const { problem } = player;
  useEffect(() => {
    if (problem?.status === 401) onRefused(problem.message);
  }, [problem]);

  const genres = listGenres(player.answer?.body);
  return (
    <>
      <Header userId={userId} onSearch={player.search} onSuggest={player.suggest} />
      <Tune player={player} genres={genres} />
      {player.asked && <Why asked={player.asked} player={player} onClose={player.closeExplanation} />}
      <PlayerPicker userId={userId} players={players} onChoose={onChoose} />
      <main tabindex={-1}>
        {problem && (
          <div class="problem" role="alert">
            <p>{problem.message}</p>
            <button type="button" class="quiet" onClick={player.refresh}>
              Try again
            </button>
          </div>
        )}
        <div class="columns">
          <GalleryView userId={userId} player={player} genres={genres} />
          <SidePanel userId={userId} player={player} />
        </div>
      </main>
    </>
  );
}
