// What a player can ask of the gallery: hits or hidden gems, how new, for which age, and what never to show. The Worker keeps
// it, and it holds from the next answer on.

import type { Preferences } from '../models/contracts/preferences.ts';
import { CloseIcon } from './icons.tsx';
import { EMPTY_PREFERENCES, type Player } from './player.ts';

export const TUNE_ID = 'tune';
const YEAR_MS = 365.25 * 24 * 3_600_000;
const WINDOWS = [
  { name: 'Any year', from: null, until: null },
  { name: 'Last 2 years', from: 2, until: null },
  { name: 'Last 5 years', from: 5, until: null },
  { name: 'Older', from: null, until: 5 },
] as const;
const AGES = [null, 6, 12, 16] as const;
const GENRES_OFFERED_MAX = 14;

const yearsAgo = (years: number | null): string | null =>
  years === null ? null : new Date(Date.now() - years * YEAR_MS).toISOString().slice(0, 10);

export function Tune({ player, genres }: { player: Player; genres: readonly string[] }) {
  const { preferences } = player;
  const { mutedGenres } = preferences;
  const offered = genres.filter((genre) => !mutedGenres.includes(genre)).slice(0, GENRES_OFFERED_MAX);
  const window = WINDOWS.find(
    ({ from, until }) => yearsAgo(from) === preferences.releasedFrom && yearsAgo(until) === preferences.releasedUntil,
  );
  return (
    <section id={TUNE_ID} class="sheet tune" popover="auto" aria-label="Tune the gallery">
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
          onInput={(event: Event) => player.prefer({ popularity: Number((event.target as HTMLInputElement).value) })}
        />
        <span>Hits</span>
      </label>
      <Choice
        legend="Released"
        options={WINDOWS.map((one) => ({
          name: one.name,
          chosen: one === window,
          choose: () => player.prefer({ releasedFrom: yearsAgo(one.from), releasedUntil: yearsAgo(one.until) }),
        }))}
      />
      <Choice
        legend="For ages"
        options={AGES.map((ageLimit) => ({
          name: ageLimit === null ? 'All' : `Up to ${ageLimit}`,
          chosen: ageLimit === preferences.ageLimit,
          choose: () => player.prefer({ ageLimit }),
        }))}
      />
      <Choice
        legend="Mute a genre"
        options={offered.map((genre) => ({
          name: genre,
          chosen: false,
          choose: () => player.prefer({ mutedGenres: [...mutedGenres, genre] }),
        }))}
      />
      <Muted preferences={preferences} onPrefer={player.prefer} />
      <button type="button" class="quiet" onClick={() => player.prefer(NOTHING_ASKED)}>
        Reset
      </button>
    </section>
  );
}

/** What was picked at the start stays. */
const { genres: _, items: __, ...NOTHING_ASKED } = EMPTY_PREFERENCES;

function Choice({ legend, options }: { legend: string; options: { name: string; chosen: boolean; choose(): void }[] }) {
  return (
    <fieldset class="chips">
      <legend>{legend}</legend>
      {options.map(({ name, chosen, choose }) => (
        <button key={name} type="button" class="chip" aria-pressed={String(chosen)} onClick={choose}>
          {name}
        </button>
      ))}
    </fieldset>
  );
}

function Muted({ preferences, onPrefer }: { preferences: Preferences; onPrefer: Player['prefer'] }) {
  const muted = (['mutedGenres', 'mutedTags'] as const).flatMap((list) =>
    preferences[list].map((label) => ({ list, label })),
  );
  if (muted.length === 0) return null;
  return (
    <fieldset class="chips">
      <legend>Muted</legend>
      {muted.map(({ list, label }) => (
        <button
          key={`${list} ${label}`}
          type="button"
          class="chip muted"
          aria-label={`Show ${label} again`}
          onClick={() => onPrefer({ [list]: preferences[list].filter((one) => one !== label) })}
        >
          {label}
          <CloseIcon />
        </button>
      ))}
    </fieldset>
  );
}
