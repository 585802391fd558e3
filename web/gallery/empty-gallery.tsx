// Shown instead of an empty gallery: the filters that emptied it, and buttons to lift them.

import type { EmptiedBy } from '../../models/contracts/gallery.ts';
import type { Preferences } from '../../models/contracts/preferences.ts';
import type { Prefer } from '../player/use-preferences.ts';

interface EmptyGalleryProps {
  /** Undefined if the catalogue itself is empty, or the page was not composed. */
  causes: readonly EmptiedBy[] | undefined;
  /** True if the page could not be composed, or the catalogue not be read. */
  failed: boolean;
  /** Undefined until they are loaded: the causes are told in their words. */
  preferences: Preferences | undefined;
  /** Undefined unless the player has dismissed games. */
  onTakeBackDismissals: (() => void) | undefined;
  onPrefer: Prefer;
}

interface Cause {
  explain: (preferences: Preferences) => string;
  /** The player's remedy, if there is one. */
  lift?: { label: string; changes: Partial<Preferences> };
}

const CAUSES: Record<EmptiedBy, Cause> = {
  mutedGenres: {
    explain: ({ mutedGenres }) => `You muted ${mutedGenres.join(', ')}.`,
    lift: { label: 'Unmute these genres', changes: { mutedGenres: [] } },
  },
  mutedTags: {
    explain: ({ mutedTags }) => `You muted ${mutedTags.join(', ')}.`,
    lift: { label: 'Unmute these tags', changes: { mutedTags: [] } },
  },
  releaseWindow: {
    explain: ({ releasedFrom, releasedUntil }) =>
      `You asked for games released ${[
        releasedFrom && `since ${releasedFrom}`,
        releasedUntil && `until ${releasedUntil}`,
      ]
        .filter(Boolean)
        .join(' and ')}.`,
    lift: { label: 'Show any year', changes: { releasedFrom: null, releasedUntil: null } },
  },
  ageLimit: {
    explain: ({ ageLimit }) => `You asked for games rated up to ${ageLimit}.`,
    lift: { label: 'Show all ages', changes: { ageLimit: null } },
  },
  request: { explain: () => 'No game here suits this platform or age.' },
  rules: { explain: () => 'The store’s rules currently hide its games.' },
  history: { explain: () => 'You own, played or dismissed every game here.' },
};

export function EmptyGallery({ causes, failed, preferences, onTakeBackDismissals, onPrefer }: EmptyGalleryProps) {
  if (causes === undefined) return failed ? <FailedGallery /> : <EmptyCatalogue />;
  if (preferences === undefined) return null;
  return (
    <div class="empty">
      <h1>Nothing is left to show</h1>
      {causes.map((cause) => {
        const { explain, lift } = CAUSES[cause];
        return (
          <p key={cause}>
            {explain(preferences)}{' '}
            {lift && (
              <button type="button" class="quiet" onClick={() => onPrefer(lift.changes)}>
                {lift.label}
              </button>
            )}
            {cause === 'history' && onTakeBackDismissals && (
              <button type="button" class="quiet" onClick={onTakeBackDismissals}>
                Show dismissed games again
              </button>
            )}
          </p>
        );
      })}
    </div>
  );
}

const FailedGallery = () => (
  <div class="empty">
    <h1>No games can be shown at the moment</h1>
    <p>Something failed on the server. Reload the page in a minute.</p>
  </div>
);

const EmptyCatalogue = () => (
  <div class="empty">
    <h1>There are no games yet</h1>
    <p>
      Import some with <code>npm run import</code> or <a href="/docs">POST /v1/items</a>. The next request shows them.
    </p>
  </div>
);
