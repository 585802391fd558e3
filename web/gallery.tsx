// The middle of the page: what was searched for, then the rows of the gallery; or what stands there while it loads and
// where there is nothing to show.

import { useState } from 'hono/jsx/dom';
import type { Player } from './player.ts';
import { Row } from './row.tsx';
import { Welcome } from './welcome.tsx';

interface GalleryProps {
  userId: string;
  player: Player;
  /** What there is to choose from. */
  genres: readonly string[];
}

export function GalleryView({ userId, player, genres }: GalleryProps) {
  const [passedOver, setPassedOver] = useState('');
  const { answer, signals, found, act } = player;
  if (!answer) return player.problem ? <div /> : <Loading />;

  const liked = new Set(
    signals?.history.filter(({ strongestType }) => strongestType === 'like').map(({ itemId }) => itemId),
  );
  const refused = new Set(signals?.dismissed);
  let position = 0;
  return (
    <div class="gallery" data-answer={answer.body.recommendationId}>
      {isNew(player) && passedOver !== userId && (
        <Welcome
          key={userId}
          genres={genres}
          games={answer.body.rows[0]?.items.flatMap(({ item }) => item ?? []) ?? []}
          onPick={player.prefer}
          onSkip={() => setPassedOver(userId)}
        />
      )}
      {found && (
        <Row
          key="search-results"
          id="search-results"
          title={`Results for “${found.query}”`}
          reason={
            found.items.length === 0 ? 'Nothing like it in the catalogue' : `${found.items.length} in the catalogue`
          }
          cards={found.items.filter(({ itemId }) => !refused.has(itemId)).map((item) => ({ item }))}
          liked={liked}
          onAct={act}
          onAsk={player.explain}
          onClose={() => player.suggest('')}
        />
      )}
      {answer.body.rows.map(({ id, title, reason, items }, place) => {
        const cards = items.flatMap(({ item, reason }) => {
          const at = position++;
          return item ? [{ item, reason, position: at }] : [];
        });
        return (
          <Row
            key={id}
            id={id}
            title={title}
            reason={reason}
            cards={cards}
            liked={liked}
            onAct={act}
            onAsk={player.explain}
            withHero={place === 0}
          />
        );
      })}
      {answer.body.rows.length === 0 && <EmptyCatalogue />}
    </div>
  );
}

/** Somebody of whom nothing is known, and who has said nothing. */
function isNew({ signals, preferences, answer, found }: Player): boolean {
  const saidNothing = preferences.genres.length + preferences.items.length === 0;
  const hasGames = (answer?.body.rows.length ?? 0) > 0;
  return signals !== null && signals.history.length === 0 && saidNothing && hasGames && found === null;
}

const EmptyCatalogue = () => (
  <div class="empty">
    <h2>There are no games yet</h2>
    <p>
      Put some in with <code>npm run import</code> or <a href="/docs">POST /v1/items</a>. They are here at the next
      request.
    </p>
  </div>
);

const Loading = () => (
  <div class="gallery loading" aria-busy="true">
    <p class="visually-hidden">The gallery is loading.</p>
    <div class="blank hero" />
    {['first', 'second'].map((row) => (
      <div key={row} class="shelf">
        {['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((card) => (
          <div key={card} class="blank card" />
        ))}
      </div>
    ))}
  </div>
);
