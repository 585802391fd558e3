// Preferences: what a player asks for explicitly, as opposed to what events show. Kept with the signals, applied when
// ranking.

import { z } from 'zod';
import { Id } from './id.ts';
import { text } from './text.ts';

const PICKS_MAX = 50;
const MUTED_MAX = 100;
export const PREFERENCES_BODY_BYTES_MAX = 32 * 1024;

/** A whole set of preferences. Absent fields get their empty value. */
export const Preferences = z
  .object({
    genres: z
      .array(text(64))
      .max(PICKS_MAX)
      .default([])
      .meta({ description: 'Liked genres, picked before anything was played.', example: ['Strategy'] }),
    items: z
      .array(Id)
      .max(PICKS_MAX)
      .default([])
      .meta({ description: 'Liked games, picked before anything was played.' }),
    lessGenres: z
      .array(text(64))
      .max(MUTED_MAX)
      .default([])
      .meta({ description: 'Shown less: games of these genres count for half, any case.' }),
    mutedGenres: z.array(text(64)).max(MUTED_MAX).default([]).meta({ description: 'Not shown, any case.' }),
    mutedTags: z.array(text(64)).max(MUTED_MAX).default([]).meta({ description: 'Not shown, any case.' }),
    popularity: z
      .number()
      .min(-1)
      .max(1)
      .default(0)
      .meta({ description: 'From −1 (hidden gems) to 1 (hits); 0 prefers neither.' }),
    releasedFrom: z.iso
      .date()
      .nullable()
      .default(null)
      .meta({ description: 'Games that came out earlier are not shown.' }),
    releasedUntil: z.iso
      .date()
      .nullable()
      .default(null)
      .meta({ description: 'Games that came out later are not shown.' }),
    ageLimit: z
      .number()
      .int()
      .min(0)
      .max(21)
      .nullable()
      .default(null)
      .meta({ description: 'Years: games rated for older players, and games without a rating, are not shown.' }),
  })
  .meta({ id: 'Preferences' });
export type Preferences = z.infer<typeof Preferences>;

/** Preferences from a client: misspelt fields are refused. Stored preferences are read without this check. */
export const PreferencesInput = Preferences.strict().refine(
  ({ releasedFrom, releasedUntil }) => releasedFrom === null || releasedUntil === null || releasedFrom <= releasedUntil,
  { path: ['releasedUntil'], message: 'is before releasedFrom: nothing would be left' },
);

export const EMPTY_PREFERENCES: Preferences = Preferences.parse({});
