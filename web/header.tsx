// The bar on top: the name, the search, and whose gallery this is.

import { Avatar } from './avatar.tsx';
import { submittedText } from './form.ts';
import { SearchIcon } from './icons.tsx';
import { PICKER_ID } from './picker.tsx';

export function Header({ userId, onSearch }: { userId: string; onSearch: (query: string) => void }) {
  return (
    <header>
      <a class="brand" href="/" aria-label="Bloodstream, start page">
        <img src="/icon.svg" alt="" width="34" height="34" />
        <span>Bloodstream</span>
      </a>
      {/* biome-ignore lint/a11y/useSemanticElements: <search> has no role yet in every screen reader */}
      <form role="search" class="search" onSubmit={(event) => onSearch(submittedText(event))}>
        <SearchIcon />
        <input
          type="search"
          name="query"
          aria-label="Search games"
          placeholder="Search games"
          maxlength={200}
          autocomplete="off"
        />
      </form>
      <a class="api-link" href="/docs">
        API
      </a>
      <button type="button" class="whose" popovertarget={PICKER_ID} aria-label={`Choose a player, now ${userId}`}>
        <Avatar userId={userId} />
        <span>{userId}</span>
      </button>
    </header>
  );
}
