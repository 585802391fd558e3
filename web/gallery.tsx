// The middle of the page: search results, then the rows of the gallery; or what stands there while it loads, and where
// there is nothing to show.

import { useEffect, useState } from 'hono/jsx/dom';
import type { Gallery } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Signals } from './api.ts';
import { Row } from './row.tsx';
import type { Act } from './use-outbox.ts';
import type { SearchResults } from './use-search.ts';
import type { Prefer } from './use-signals.ts';
import { Welcome } from './welcome.tsx';

interface GalleryProps {
  userId: string;
  /** Null before the first answer. */
  gallery: Gallery | null;
  /** The last request failed. */
  failed: boolean;
  signals: Signals | null;
  results: SearchResults | null;
  /** To pick from at the start. */
  genres: readonly string[];
  onAct: Act;
  onExplain: (item: Item) => void;
  onPrefer: Prefer;
  onCloseResults: () => void;
}

export function GalleryView({ userId, gallery, failed, signals, results, genres, onPrefer, ...props }: GalleryProps) {
  const [skippedBy, setSkippedBy] = useState('');
  const welcoming = results === null && skippedBy !== userId && isNewPlayer(signals) && (gallery?.rows.length ?? 0) > 0;
  useEffect(() => {
    // The welcome took the focus with it, and its buttons were further down than the gallery begins.
    if (welcoming) return focusGallery;
  }, [welcoming]);
  if (!gallery) return failed ? <Unloaded /> : <Loading />;

  const liked = new Set(
    signals?.history.filter(({ strongestType }) => strongestType === 'like').map(({ itemId }) => itemId),
  );
  const { onAct, onExplain, onCloseResults } = props;
  return (
    <div class="gallery" data-answer={gallery.recommendationId}>
      {welcoming && (
        <Welcome
          key={userId}
          genres={genres}
          games={gallery.rows[0]?.items.flatMap(({ item }) => item ?? []) ?? []}
          onPick={onPrefer}
          onSkip={() => setSkippedBy(userId)}
        />
      )}
      {results && (
        <Results
          key="search-results"
          {...results}
          dismissed={signals?.dismissed ?? []}
          liked={liked}
          onAct={onAct}
          onExplain={onExplain}
          onClose={onCloseResults}
        />
      )}
      {listRows(gallery).map(({ id, title, reason, cards }, index) => (
        <Row
          key={id}
          id={id}
          title={title}
          reason={reason}
          cards={cards}
          liked={liked}
          onAct={onAct}
          onExplain={onExplain}
          withHero={index === 0}
        />
      ))}
      {gallery.rows.length === 0 && <EmptyCatalogue />}
    </div>
  );
}

function focusGallery(): void {
  if (document.activeElement !== document.body) return;
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

/** The rows with the position of each card, counted over all rows. */
function listRows({ rows }: Gallery) {
  let next = 0;
  return rows.map(({ items, ...row }) => ({
    ...row,
    cards: items.flatMap(({ item, reason }) => {
      const position = next++;
      return item ? [{ item, reason, position }] : [];
    }),
  }));
}

/** A player without history, who has not picked anything either. */
const isNewPlayer = (signals: Signals | null): boolean =>
  signals !== null &&
  signals.history.length + signals.preferences.genres.length + signals.preferences.items.length === 0;

interface ResultsProps extends SearchResults {
  dismissed: readonly string[];
  liked: ReadonlySet<string>;
  onAct: Act;
  onExplain: (item: Item) => void;
  onClose: () => void;
}

function Results({ query, items, dismissed, ...props }: ResultsProps) {
  return (
    <Row
      id="search-results"
      title={`Results for “${query}”`}
      reason={items.length === 0 ? 'Nothing like it in the catalogue' : `${items.length} in the catalogue`}
      cards={items.filter(({ itemId }) => !dismissed.includes(itemId)).map((item) => ({ item }))}
      {...props}
    />
  );
}

const EmptyCatalogue = () => (
  <div class="empty">
    <h1>There are no games yet</h1>
    <p>
      Import some with <code>npm run import</code> or <a href="/docs">POST /v1/items</a>. The next request shows them.
    </p>
  </div>
);

/** The alert above it says why, and has the button to try again. */
const Unloaded = () => (
  <div class="empty">
    <h1>The gallery did not load</h1>
  </div>
);

const Loading = () => (
  <div class="gallery loading" aria-busy="true">
    <p class="visually-hidden">The gallery is loading.</p>
    <div class="blank hero" />
    {['first', 'second'].map((row) => (
      <div key={row} class="cards">
        {['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((card) => (
          <div key={card} class="blank card" />
        ))}
      </div>
    ))}
  </div>
);
