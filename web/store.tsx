// The store of one player: the gallery, and beside it what the recommender did.

import { useEffect } from 'hono/jsx/dom';
import { Announcement } from './announcement.tsx';
import type { Api, KnownPlayer } from './api.ts';
import { GalleryView } from './gallery.tsx';
import { listGenres } from './genres.ts';
import { Header } from './header.tsx';
import { PlayerPicker } from './picker.tsx';
import { SidePanel } from './side-panel.tsx';
import { Tune } from './tune.tsx';
import { useStore } from './use-store.ts';
import { Why } from './why.tsx';

interface StoreProps {
  api: Api;
  userId: string;
  players: KnownPlayer[];
  onSelectPlayer: (userId: string) => void;
  onRefused: (reason: string) => void;
}

export function Store({ api, userId, players, onSelectPlayer, onRefused }: StoreProps) {
  const store = useStore(api, userId);
  const { problem, answer, signals, preferences, explained, prefer } = store;
  useEffect(() => {
    if (problem?.status === 401) onRefused(problem.message);
  }, [problem]);

  const genres = listGenres(answer?.body);
  return (
    <>
      <a class="skip" href="#gallery">
        Skip to the gallery
      </a>
      <Header userId={userId} onSearch={store.submitSearch} onSuggest={store.suggest} />
      <Tune preferences={preferences} genres={genres} onPrefer={prefer} />
      {explained && <Why {...explained} preferences={preferences} onPrefer={prefer} onClose={store.closeExplanation} />}
      <PlayerPicker userId={userId} players={players} onSelect={onSelectPlayer} />
      <main id="gallery" tabindex={-1}>
        {problem && (
          <div class="problem" role="alert">
            <p>{problem.message}</p>
            <button type="button" class="quiet" onClick={store.refresh}>
              Try again
            </button>
          </div>
        )}
        <div class="columns">
          <SidePanel
            userId={userId}
            tastes={signals?.genres ?? []}
            answer={answer}
            lastNotice={store.lastNotice}
            sent={store.sent}
          />
          <GalleryView
            userId={userId}
            gallery={answer?.body ?? null}
            failed={problem !== null}
            signals={signals}
            results={store.results}
            genres={genres}
            onAct={store.act}
            onExplain={store.explain}
            onPrefer={prefer}
            onCloseResults={() => store.suggest('')}
          />
        </div>
      </main>
      <Announcement userId={userId} gallery={answer?.body ?? null} results={store.results} />
    </>
  );
}
