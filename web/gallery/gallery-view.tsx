// The middle of the page: search results, then the rows of the gallery; or a placeholder while it loads, and an
// explanation if it is empty.

import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Item } from '../../models/contracts/item.ts';
import { useStable } from '../browser/use-stable.ts';
import type { Signals } from '../player/api.ts';
import type { PendingPress } from '../player/use-act.ts';
import type { Act, ActionType } from '../player/use-outbox.ts';
import type { Prefer } from '../player/use-preferences.ts';
import type { SearchResults } from '../player/use-search.ts';
import { EmptyGallery } from './empty-gallery.tsx';
import { RESULTS_ID, Results } from './results.tsx';
import { Row } from './row.tsx';
import type { ShownGallery, ShownRow } from './shown-gallery.ts';
import { Welcome } from './welcome.tsx';

interface GalleryProps {
  userId: string;
  /** Null before the first answer. */
  shown: ShownGallery | null;
  /** The last request failed. */
  failed: boolean;
  signals: Signals | null;
  pending: PendingPress | null;
  results: SearchResults | null;
  /** Offered to new players. */
  genres: readonly string[];
  onAct: Act;
  onExplain: (item: Item) => void;
  onPrefer: Prefer;
  onTakeBackDismissals: () => void;
  onCloseResults: () => void;
}

export function GalleryView({ userId, shown, signals, pending, results, onPrefer, ...props }: GalleryProps) {
  const [skippedBy, setSkippedBy] = useState('');
  const welcoming = results === null && skippedBy !== userId && isNewPlayer(signals) && (shown?.rows.length ?? 0) > 0;
  const welcomed = useRef(false);
  useEffect(() => {
    if (welcomed.current && !welcoming) focusGallery();
    welcomed.current = welcoming;
  }, [welcoming]);
  // By its contents: a set that is the same keeps the rows from rendering.
  const liked = useMemo(() => new Set(signals?.liked), [signals?.liked.join('\n')]);
  const actInGallery = useStable<[ActionType, Item]>((type, item) => props.onAct(type, item, true));
  if (!shown) return props.failed ? <Unloaded /> : <Loading />;

  const { genres, onAct, onExplain, onCloseResults } = props;
  const { rows, outdated } = shown;
  const gallery = shown.answer.body;
  const rowProps = { liked, onExplain };
  return (
    <div class="gallery" data-answer={gallery.recommendationId} aria-busy={outdated.length > 0}>
      {welcoming && (
        <Welcome
          key={userId}
          genres={genres}
          games={rows[0]!.cards.map(({ item }) => item)}
          onPick={onPrefer}
          onSkip={() => setSkippedBy(userId)}
        />
      )}
      {results && (
        <Results
          key={RESULTS_ID}
          {...results}
          dismissed={signals?.dismissed ?? []}
          pending={pending}
          onAct={onAct}
          onClose={onCloseResults}
          {...rowProps}
        />
      )}
      {rows.map((row, index) => (
        <Row
          key={row.id}
          {...row}
          {...rowProps}
          pending={findPending(row, pending)}
          onAct={actInGallery}
          withHero={index === 0}
        />
      ))}
      {rows.length === 0 && (
        <EmptyGallery
          causes={gallery.emptiedBy}
          failed={gallery.degraded.some(({ step }) => step === 'composition' || step === 'catalogue')}
          preferences={signals?.preferences}
          onTakeBackDismissals={signals?.dismissed.length ? props.onTakeBackDismissals : undefined}
          onPrefer={onPrefer}
        />
      )}
    </div>
  );
}

/** The closed welcome took the focus with it, and had scrolled the page below the start of the gallery. */
function focusGallery(): void {
  if (document.activeElement !== document.body) return;
  document.querySelector<HTMLElement>('main')?.focus({ preventScroll: true });
  window.scrollTo({ top: 0 });
}

/** Null for the other rows, so that a press renders its own row only. */
const findPending = ({ cards }: ShownRow, pending: PendingPress | null): PendingPress | null =>
  cards.some(({ item }) => item.itemId === pending?.itemId) ? pending : null;

/** True for a player without history and picks. */
const isNewPlayer = (signals: Signals | null): boolean =>
  signals !== null &&
  signals.history.length + signals.preferences.genres.length + signals.preferences.items.length === 0;

/** The alert above gives the reason and a button to try again. */
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
