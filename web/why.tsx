// Why a game is in the gallery, or why it is not, in words; and what a player can ask for on the spot: less of its kind.

import { useEffect, useRef } from 'hono/jsx/dom';
import type { Explanation } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import { CoverImage } from './card.tsx';
import type { Asked, Player } from './player.ts';

const LABELS_MAX = 6;
const SOURCES: Record<string, string> = {
  retrieval: 'Players with a history like this one',
  search: 'What was searched for',
  similar: 'Goes with what was played',
  genre: 'A favourite genre',
  trending: 'Rising these days',
  'best-rated': 'Rated highly',
  'hidden-gems': 'Rated highly, known to few',
  new: 'Just out',
  popular: 'Popular with everybody',
  exploration: 'Hardly known yet: given a chance',
  rule: 'Featured by the store',
};

export function Why({ asked, player, onClose }: { asked: Asked; player: Player; onClose: () => void }) {
  const sheet = useRef<HTMLElement>(null);
  const { item, explanation } = asked;
  useEffect(() => {
    const { current } = sheet;
    current?.showPopover();
    const closed = (event: Event) => (event as ToggleEvent).newState === 'closed' && onClose();
    current?.addEventListener('toggle', closed);
    return () => current?.removeEventListener('toggle', closed);
  }, [item.itemId]);
  const mute = (change: Parameters<Player['prefer']>[0]) => {
    sheet.current?.hidePopover();
    player.prefer(change);
  };
  return (
    <section ref={sheet} class="sheet why" popover="auto" aria-label={`Why ${item.title}?`}>
      <div class="why-head">
        <CoverImage item={item} />
        <div>
          <h2>{item.title}</h2>
          <p>{[...item.genres, item.developer].filter(Boolean).join(' · ')}</p>
        </div>
      </div>
      {explanation === null ? <p aria-busy="true">Asking …</p> : <Explained explanation={explanation} />}
      <div class="chips">
        <span>Less of</span>
        {kindsOf(item).map(({ list, label }) => (
          <button
            key={`${list} ${label}`}
            type="button"
            class="chip"
            aria-label={`Mute the ${list === 'mutedGenres' ? 'genre' : 'tag'} ${label}`}
            onClick={() => mute({ [list]: [...player.preferences[list], label] })}
          >
            {label}
          </button>
        ))}
      </div>
    </section>
  );
}

/** What a game is of, and can be muted by. */
const kindsOf = ({ genres, tags }: Item) => [
  ...genres.map((label) => ({ list: 'mutedGenres' as const, label })),
  ...tags.slice(0, LABELS_MAX).map((label) => ({ list: 'mutedTags' as const, label })),
];

function Explained({ explanation }: { explanation: Explanation }) {
  const { shown, why, rank, candidates, sources, rules, propensity } = explanation;
  const found = Object.entries(sources).sort(([, a], [, b]) => b - a);
  return (
    <div class="explained">
      <p class="verdict">{shown === null ? `Not in the gallery: ${why}.` : `${why}.`}</p>
      {found.length > 0 && (
        <ul aria-label="Who found it">
          {found.map(([source, score]) => (
            <li key={source} style={{ '--share': `${Math.round(score * 100)}%` }}>
              {SOURCES[source] ?? source}
            </li>
          ))}
        </ul>
      )}
      {rank !== null && (
        <p>
          Ranked {rank + 1} of {candidates} candidates for this player.
        </p>
      )}
      {rules.length > 0 && <p>Moved by the store’s rules: {rules.join(', ')}.</p>}
      {propensity !== null && propensity < 0.5 && <p>Chance put it there, to learn whom it pleases.</p>}
    </div>
  );
}
