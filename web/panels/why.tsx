// Explains in words why a game is or is not in the gallery, with buttons to see less of its genres, or to mute them and
// its tags.

import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Explanation, SourceName } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import { enterDialog } from '../browser/dialog-history.ts';
import { CoverImage } from '../gallery/card.tsx';
import { CloseIcon } from '../gallery/icons.tsx';
import type { ExplainedItem } from '../player/use-explanation.ts';
import type { Shun } from '../player/use-preferences.ts';

const TITLE_ID = 'why-title';
const LABELS_MAX = 6;
const SOURCE_LABELS: Record<SourceName, string> = {
  retrieval: 'Players with a similar history',
  search: 'Matches a recent search',
  similar: 'Similar to a game in the history',
  genre: 'In a favourite genre',
  trending: 'Trending now',
  'best-rated': 'Rated highly',
  'hidden-gems': 'Rated highly, known to few',
  new: 'New release',
  'cold-start': 'New here, similar to the history',
  popular: 'Popular with all players',
  exploration: 'Shown to learn who likes it',
  rule: 'Featured by the store',
};

interface WhyProps extends ExplainedItem {
  preferences: Preferences;
  onShun: Shun;
  onClose: () => void;
}

export function Why({ item, explanation, preferences, onShun, onClose }: WhyProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const close = () => dialog.current?.close();
  useLayoutEffect(() => {
    dialog.current?.showModal();
    return enterDialog('why', close);
  }, []);
  const closed = () => {
    onClose();
    restoreFocus(item.itemId);
  };
  const shun: Shun = (list, label) => {
    close();
    onShun(list, label);
  };
  return (
    <dialog ref={dialog} class="sheet why" aria-labelledby={TITLE_ID} closedby="any" onClose={closed}>
      <button type="button" class="round close" aria-label="Close" onClick={close}>
        <CloseIcon />
      </button>
      <div class="why-head">
        <CoverImage item={item} />
        <div>
          <h2 id={TITLE_ID}>
            <span class="visually-hidden">Why </span>
            {item.title}
            <span class="visually-hidden">?</span>
          </h2>
          <p>{[...item.genres, item.developer].filter(Boolean).join(' · ')}</p>
        </div>
      </div>
      <div aria-live="polite">{explanation === null ? <p>Loading …</p> : <Reasons explanation={explanation} />}</div>
      <Labels item={item} lessGenres={preferences.lessGenres} onShun={shun} />
    </dialog>
  );
}

/** The browser returns the focus to the button that opened the dialog, unless a newer gallery has replaced it. */
function restoreFocus(itemId: string): void {
  if (document.activeElement !== document.body) return;
  const button = document.querySelector<HTMLElement>(`[data-item="${CSS.escape(itemId)}"] [data-action="ask"]`);
  (button ?? document.querySelector<HTMLElement>('main'))?.focus();
}

interface LabelsProps {
  item: Item;
  lessGenres: readonly string[];
  onShun: Shun;
}

function Labels({ item: { genres, tags }, lessGenres, onShun }: LabelsProps) {
  const chips = [
    ...genres
      .filter((genre) => !lessGenres.includes(genre))
      .map((label) => ({ list: 'lessGenres' as const, text: `Less ${label}`, label })),
    ...genres.map((label) => ({ list: 'mutedGenres' as const, text: `Mute ${label}`, label })),
    ...tags.slice(0, LABELS_MAX).map((label) => ({ list: 'mutedTags' as const, text: `Mute ${label}`, label })),
  ];
  return (
    <div class="chips">
      {chips.map(({ list, text, label }) => (
        <button key={`${list} ${label}`} type="button" class="chip" onClick={() => onShun(list, label)}>
          {text}
        </button>
      ))}
    </div>
  );
}

function Reasons({ explanation }: { explanation: Explanation }) {
  const { shown, why, rank, candidates, sources, rules, propensity } = explanation;
  const retrievedBy = Object.entries(sources).sort(([, a], [, b]) => b - a);
  return (
    <div class="explained">
      <p class="verdict">{shown === null ? `Not in the gallery: ${why}.` : `${why}.`}</p>
      {retrievedBy.length > 0 && (
        <ul aria-label="Retrieved by">
          {retrievedBy.map(([source, score]) => (
            <li key={source} style={{ '--share': `${Math.round(score * 100)}%` }}>
              {SOURCE_LABELS[source as SourceName]}
            </li>
          ))}
        </ul>
      )}
      {rank !== null && (
        <p>
          Ranked {rank + 1} of {candidates} candidates for this player.
        </p>
      )}
      {rules.length > 0 && <p>The store’s rules apply: {rules.join(', ')}.</p>}
      {propensity !== null && propensity < 0.5 && <p>Shown at random to learn who likes it.</p>}
    </div>
  );
}
