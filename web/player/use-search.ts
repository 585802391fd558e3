// The results of the search box, both while a query is being typed and after it is submitted.

import type { Item } from '../../models/contracts/item.ts';
import type { Api } from './api.ts';
import { useLatest } from './use-latest.ts';
import { usePlayerState } from './use-player-state.ts';

export interface SearchResults {
  query: string;
  items: Item[];
}

export function useSearch(api: Api, userId: string) {
  const [results, setResults] = usePlayerState<SearchResults | null>(userId, null);
  const begin = useLatest();

  /** An empty query closes the results. Rejects with a Problem. */
  const search = async (query: string): Promise<void> => {
    const isLatest = begin();
    if (query === '') return setResults(() => null);
    const items = await api.searchItems(userId, query);
    if (isLatest()) setResults(() => ({ query, items }));
  };

  return { results, search };
}
