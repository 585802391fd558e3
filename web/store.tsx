// The store of one player: the gallery, with the recommender's side panel.

import { useEffect, useMemo } from 'preact/hooks';
import type { Navigate } from './browser/address.ts';
import { useStable } from './browser/use-stable.ts';
import { Announcement } from './gallery/announcement.tsx';
import { GalleryView } from './gallery/gallery-view.tsx';
import { listGenres } from './gallery/genres.ts';
import { Header } from './panels/header.tsx';
import { MessageBar } from './panels/message-bar.tsx';
import { PlayerPicker } from './panels/picker.tsx';
import { ProblemAlert } from './panels/problem-alert.tsx';
import { SidePanel } from './panels/side-panel.tsx';
import { Tune } from './panels/tune.tsx';
import { Why } from './panels/why.tsx';
import type { Api, KnownPlayer } from './player/api.ts';
import { useStore } from './use-store.ts';

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
  const { problem, shown, signals, preferences, explained, prefer, shun, forget } = store;
  useEffect(() => {
    if (problem?.status === 401) onRefused(problem.message);
  }, [problem]);

  const complete = store.complete?.body ?? null;
  const gallery = complete ?? shown?.answer.body ?? null;
  const genres = useMemo(() => listGenres(gallery), [gallery]);
  // A query being typed is one entry in the history, regardless of its length.
  const showQuery = useStable((next: string) =>
    onNavigate({ query: next }, query === '' || next === '' ? 'push' : 'replace'),
  );
  const submitSearch = useStable((submitted: string) => {
    showQuery(submitted);
    if (submitted !== '') store.recordSearch(submitted);
  });
  const closeResults = useStable(() => showQuery(''));
  const selectPlayer = useStable((player: string) => onNavigate({ player, query: '' }));
  return (
    <>
      <a class="skip" href="#gallery">
        Skip to the gallery
      </a>
      <Header userId={userId} query={query} onSearch={submitSearch} onSuggest={showQuery} />
      <Tune preferences={preferences} genres={genres} onPrefer={prefer} onShun={shun} onForget={forget} />
      {explained && <Why {...explained} preferences={preferences} onShun={shun} onClose={store.closeExplanation} />}
      <PlayerPicker userId={userId} players={players} onSelect={selectPlayer} />
      <main id="gallery" tabindex={-1}>
        {problem && <ProblemAlert problem={problem} onRetry={store.retry} />}
        <div class="columns">
          <SidePanel
            userId={userId}
            signals={signals}
            answer={shown?.answer ?? null}
            lastNotice={store.lastNotice}
            sent={store.sent}
          />
          <GalleryView
            userId={userId}
            shown={shown}
            failed={problem !== null}
            signals={signals}
            pending={store.pending}
            results={store.results}
            genres={genres}
            onAct={store.act}
            onExplain={store.explain}
            onPrefer={prefer}
            onTakeBackDismissals={store.takeBackDismissals}
            onCloseResults={closeResults}
          />
        </div>
      </main>
      <Announcement userId={userId} gallery={complete} results={store.results} />
      <MessageBar message={store.message} onClose={store.closeMessage} />
    </>
  );
}
