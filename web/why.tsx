// Why a game is in the gallery, or why it is not, in words; and buttons to mute its genres and tags.

import { useEffect, useRef } from 'hono/jsx/dom';
import type { Explanation } from '../models/contracts/gallery.ts';
import type { Item } from '../models/contracts/item.ts';
import type { Preferences } from '../models/contracts/preferences.ts';
import type { SourceName } from '../models/contracts/source.ts';
import { CoverImage } from './card.tsx';
import type { ExplainedItem } from './use-explanation.ts';
import type { Prefer } from './use-signals.ts';

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
  unlearnt: 'New here, similar to the history',
  popular: 'Popular with everybody',
  exploration: 'Shown to learn who likes it',
  rule: 'Featured by the store',
};

interface WhyProps extends ExplainedItem {
  preferences: Preferences;
  onPrefer: Prefer;
  onClose: () => void;
}

export function Why({ item, explanation, preferences, onPrefer, onClose }: WhyProps) {
  const sheet = useRef<HTMLElement>(null);
  useEffect(() => {
    const { current } = sheet;
    current?.showPopover();
    const closed = (event: Event) => (event as ToggleEvent).newState === 'closed' && onClose();
    current?.addEventListener('toggle', closed);
    return () => current?.removeEventListener('toggle', closed);
  }, [item.itemId]);
  const mute = (change: Partial<Preferences>) => {
    sheet.current?.hidePopover();
    onPrefer(change);
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
      {explanation === null ? <p aria-busy="true">Loading …</p> : <Reasons explanation={explanation} />}
      <div class="chips">
        <span>Less of</span>
        {labelsOf(item).map(({ list, label }) => (
          <button
            key={`${list} ${label}`}
            type="button"
            class="chip"
            aria-label={`Mute the ${list === 'mutedGenres' ? 'genre' : 'tag'} ${label}`}
            onClick={() => mute({ [list]: [...preferences[list], label] })}
          >
            {label}
          </button>
        ))}
      </div>
    </section>
  );
}

const labelsOf = ({ genres, tags }: Item) => [
  ...genres.map((label) => ({ list: 'mutedGenres' as const, label })),
  ...tags.slice(0, LABELS_MAX).map((label) => ({ list: 'mutedTags' as const, label })),
];

function Reasons({ explanation }: { explanation: Explanation }) {
  const { shown, why, rank, candidates, sources, rules, propensity } = explanation;
  const foundBy = Object.entries(sources).sort(([, a], [, b]) => b - a);
  return (
    <div class="explained">
      <p class="verdict">{shown === null ? `Not in the gallery: ${why}.` : `${why}.`}</p>
      {foundBy.length > 0 && (
        <ul aria-label="Who found it">
          {foundBy.map(([source, score]) => (
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
      {propensity !== null && propensity < 0.5 && <p>Shown at random, to learn who likes it.</p>}
    </div>
  );
}
