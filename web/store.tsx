// The store of one player: the gallery, with the recommender's side panel.

import { useEffect, useMemo } from 'hono/jsx/dom';
import type { Navigate } from './address.ts';
import { Announcement } from './announcement.tsx';
import type { Api, KnownPlayer } from './api.ts';
import { GalleryView } from './gallery.tsx';
import { listGenres } from './genres.ts';
import { Header } from './header.tsx';
import { MessageBar } from './message-bar.tsx';
import { PlayerPicker } from './picker.tsx';
import { ProblemAlert } from './problem-alert.tsx';
import { SidePanel } from './side-panel.tsx';
import { Tune } from './tune.tsx';
import { useStore } from './use-store.ts';
import { Why } from './why.tsx';

interface StoreProps {
  api: Api;
  userId: string;
  query: string;
  players: KnownPlayer[];
  onNavigate: Navigate;
  onRefused: (reason: string) => void;
}

export function Store({ api, userId, query, players, onNavigate, onRefused }: StoreProps) {
  const store = useStore(api, userId, query);
  const { problem, answer, signals, preferences, explained, prefer, shun, forget } = store;
  useEffect(() => {
    if (problem?.status === 401) onRefused(problem.message);
  }, [problem]);

  const gallery = answer?.body ?? null;
  const genres = useMemo(() => listGenres(gallery), [gallery]);
  // A query being typed is one entry in the history, regardless of its length.
  const showQuery = (next: string) => onNavigate({ query: next }, query === '' || next === '' ? 'push' : 'replace');
  const submitSearch = (submitted: string) => {
    showQuery(submitted);
    if (submitted !== '') store.recordSearch(submitted);
  };
  return (
    <>
      <a class="skip" href="#gallery">
        Skip to the gallery
      </a>
      <Header userId={userId} query={query} onSearch={submitSearch} onSuggest={showQuery} />
      <Tune preferences={preferences} genres={genres} onPrefer={prefer} onShun={shun} onForget={forget} />
      {explained && <Why {...explained} preferences={preferences} onShun={shun} onClose={store.closeExplanation} />}
      <PlayerPicker userId={userId} players={players} onSelect={(player) => onNavigate({ player, query: '' })} />
      <main id="gallery" tabindex={-1}>
        {problem && <ProblemAlert problem={problem} onRetry={store.retry} />}
        <div class="columns">
          <SidePanel
            userId={userId}
            signals={signals}
            answer={answer}
            lastNotice={store.lastNotice}
            sent={store.sent}
          />
          <GalleryView
            userId={userId}
            gallery={gallery}
            failed={problem !== null}
            signals={signals}
            pending={store.pending}
            results={store.results}
            genres={genres}
            onAct={store.act}
            onExplain={store.explain}
            onPrefer={prefer}
            onTakeBackDismissals={store.takeBackDismissals}
            onCloseResults={() => showQuery('')}
          />
        </div>
      </main>
      <Announcement userId={userId} gallery={gallery} results={store.results} />
      <MessageBar message={store.message} onClose={store.closeMessage} />
    </>
  );
}
