// The row of search results. It scrolls into view, since the search box is reachable from any scroll position.

import { useLayoutEffect } from 'preact/hooks';
import type { Item } from '../../models/contracts/item.ts';
import { SEARCH_RESULTS_MAX } from '../player/api.ts';
import type { SearchResults } from '../player/use-search.ts';
import { Row, type RowProps } from './row.tsx';

export const RESULTS_ID = 'search-results';

interface ResultsProps extends SearchResults, Pick<RowProps, 'liked' | 'pending' | 'onAct' | 'onExplain' | 'onClose'> {
  dismissed: readonly string[];
}

export function Results({ query, items, dismissed, ...props }: ResultsProps) {
  const shown = items.filter(({ itemId }) => !dismissed.includes(itemId));
  useLayoutEffect(() => {
    document.querySelector(`[data-row="${RESULTS_ID}"]`)?.scrollIntoView({ block: 'nearest' });
  }, [query]);
  return (
    <Row
      id={RESULTS_ID}
      title={`Results for “${query}”`}
      reason={describeCount(shown, items)}
      cards={shown.map((item) => ({ item }))}
      {...props}
    />
  );
}

function describeCount(shown: readonly Item[], found: readonly Item[]): string {
  if (found.length === 0) return 'No games found';
  if (found.length === SEARCH_RESULTS_MAX) return `The best ${shown.length}; there may be more`;
  return shown.length === 1 ? '1 game found' : `${shown.length} games found`;
}
