// The player's settings for the gallery: hits or hidden gems, release years, age, genres and tags to mute. The Worker
// stores them and applies them from the next answer on.

import { useState } from 'preact/hooks';
import type { Preferences } from '../../models/contracts/preferences.ts';
import { usePopoverHistory } from '../browser/use-popover-history.ts';
import { CloseIcon } from '../gallery/icons.tsx';
import { EMPTY_PREFERENCES, type Prefer, type Shun } from '../player/use-preferences.ts';
import { findReleaseWindow, RELEASE_WINDOWS, toReleaseDates } from './release-windows.ts';

export const TUNE_ID = 'tune';
const AGES = [null, 6, 12, 16] as const;
const GENRES_OFFERED_MAX = 14;

interface TuneProps {
  preferences: Preferences;
  genres: readonly string[];
  onPrefer: Prefer;
  onShun: Shun;
  onForget: () => void;
}

export function Tune({ preferences, genres, onPrefer, onShun, onForget }: TuneProps) {
  const popover = usePopoverHistory();
  const { mutedGenres } = preferences;
  const offered = genres.filter((genre) => !mutedGenres.includes(genre)).slice(0, GENRES_OFFERED_MAX);
  const window = findReleaseWindow(preferences, Date.now());
  return (
    <section ref={popover} id={TUNE_ID} class="sheet tune" popover="auto" aria-label="Tune the gallery">
      <h2>Tune the gallery</h2>
      <label class="dial">
        <span>Hidden gems</span>
        <input
          type="range"
          min="-1"
          max="1"
          step="0.5"
          aria-label="From hidden gems to hits"
          value={String(preferences.popularity)}
          onInput={(event: Event) => onPrefer({ popularity: Number((event.target as HTMLInputElement).value) })}
        />
        <span>Hits</span>
      </label>
      <Options
        legend="Released"
        options={RELEASE_WINDOWS.map((one) => ({
          name: one.name,
          selected: one === window,
          select: () => onPrefer(toReleaseDates(one, Date.now())),
        }))}
      />
      <Options
        legend="For ages"
        options={AGES.map((ageLimit) => ({
          name: ageLimit === null ? 'All' : `Up to ${ageLimit}`,
          selected: ageLimit === preferences.ageLimit,
          select: () => onPrefer({ ageLimit }),
        }))}
      />
      <Options
        legend="Mute a genre"
        options={offered.map((genre) => ({
          name: genre,
          selected: false,
          select: () => onShun('mutedGenres', genre),
        }))}
      />
      <Shunned legend="Less of" lists={['lessGenres']} preferences={preferences} onPrefer={onPrefer} />
      <Shunned legend="Muted" lists={['mutedGenres', 'mutedTags']} preferences={preferences} onPrefer={onPrefer} />
      <button type="button" class="quiet" onClick={() => onPrefer(UNTUNED)}>
        Reset
      </button>
      <Forget onForget={onForget} />
    </section>
  );
}

/** A reset keeps the picks made at the start. */
const { genres: _, items: __, ...UNTUNED } = EMPTY_PREFERENCES;

/** Asks first: what is forgotten cannot be brought back. */
function Forget({ onForget }: Pick<TuneProps, 'onForget'>) {
  const [isAsking, setAsking] = useState(false);
  const forget = () => {
    setAsking(false);
    onForget();
  };
  if (!isAsking)
    return (
      <button type="button" class="quiet" onClick={() => setAsking(true)}>
        Forget what I did
      </button>
    );
  return (
    <fieldset class="chips">
      <legend>Forget everything you did here, except which games you bought?</legend>
      <button type="button" class="chip" onClick={forget}>
        Forget it
      </button>
      <button type="button" class="chip" onClick={() => setAsking(false)}>
        Keep it
      </button>
    </fieldset>
  );
}

function Options({
  legend,
  options,
}: {
  legend: string;
  options: { name: string; selected: boolean; select(): void }[];
}) {
  return (
    <fieldset class="chips">
      <legend>{legend}</legend>
      {options.map(({ name, selected, select }) => (
        <button key={name} type="button" class="chip" aria-pressed={selected} onClick={select}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

interface ShunnedProps {
  legend: string;
  lists: readonly Parameters<Shun>[0][];
  preferences: Preferences;
  onPrefer: Prefer;
}

function Shunned({ legend, lists, preferences, onPrefer }: ShunnedProps) {
  const shunned = lists.flatMap((list) => preferences[list].map((label) => ({ list, label })));
  if (shunned.length === 0) return null;
  return (
    <fieldset class="chips">
      <legend>{legend}</legend>
      {shunned.map(({ list, label }) => (
        <button
          key={`${list} ${label}`}
          type="button"
          class="chip muted"
          aria-label={list === 'lessGenres' ? `Show ${label} as before` : `Show ${label} again`}
          onClick={() => onPrefer({ [list]: preferences[list].filter((one) => one !== label) })}
        >
          {label}
          <CloseIcon />
        </button>
      ))}
    </fieldset>
  );
}
