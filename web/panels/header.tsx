// The top bar: the name, the search, and the player whose gallery this is.

import { useLayoutEffect, useRef } from 'preact/hooks';
import { formatAddress } from '../browser/address.ts';
import { readSubmittedText } from '../browser/form.ts';
import { memo } from '../browser/memo.ts';
import { SearchIcon, TuneIcon } from '../gallery/icons.tsx';
import { Avatar } from './avatar.tsx';
import { PICKER_ID } from './picker.tsx';
import { TUNE_ID } from './tune.tsx';

interface HeaderProps {
  userId: string;
  query: string;
  onSearch: (query: string) => void;
  /** Called while the query is being typed. */
  onSuggest: (query: string) => void;
}

const PAUSE_MS = 200;

function FullHeader({ userId, query, onSearch, onSuggest }: HeaderProps) {
  const input = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    // After Back or closing the results. A query being typed is left unchanged.
    if (input.current && (query === '' || input.current !== document.activeElement)) input.current.value = query;
  }, [query]);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const typed = (event: Event) => {
    const { value } = event.target as HTMLInputElement;
    clearTimeout(timer.current ?? undefined);
    timer.current = setTimeout(() => onSuggest(value.trim()), PAUSE_MS);
  };
  const submit = (event: Event) => {
    clearTimeout(timer.current ?? undefined);
    onSearch(readSubmittedText(event));
  };
  const goHome = (event: MouseEvent) => {
    // The browser opens the new tab.
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    onSuggest('');
    scrollTo({ top: 0 });
  };
  return (
    <header>
      <a
        class="brand"
        href={formatAddress({ player: userId, query: '' })}
        aria-label="Bloodstream, start page"
        onClick={goHome}
      >
        <img src="/icon.svg" alt="" width="34" height="34" />
        <span>Bloodstream</span>
      </a>
      {/* biome-ignore lint/a11y/useSemanticElements: <search> has no role yet in every screen reader */}
      <form role="search" class="search" onSubmit={submit}>
        <SearchIcon />
        <input
          ref={input}
          type="search"
          name="query"
          aria-label="Search games"
          placeholder="Search games"
          maxlength={200}
          autocomplete="off"
          onInput={typed}
        />
      </form>
      <button
        type="button"
        class="round"
        popovertarget={TUNE_ID}
        aria-label="Tune the gallery"
        title="Tune the gallery"
      >
        <TuneIcon />
      </button>
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

export const Header = memo(FullHeader);
