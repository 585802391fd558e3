// The game being explained, and its explanation once loaded.

import type { Explanation } from '../../models/contracts/gallery.ts';
import type { Item } from '../../models/contracts/item.ts';
import type { Api } from './api.ts';
import { usePlayerState } from './use-player-state.ts';

export interface ExplainedItem {
  item: Item;
  /** Null until it is loaded. */
  explanation: Explanation | null;
}

export function useExplanation(api: Api, userId: string) {
  const [explained, setExplained] = usePlayerState<ExplainedItem | null>(userId, null);

  /** Rejects with a Problem. */
  const explain = async (item: Item): Promise<void> => {
    setExplained(() => ({ item, explanation: null }));
    try {
      const explanation = await api.readExplanation(userId, item.itemId);
      setExplained((now) => (now?.item === item ? { item, explanation } : now));
    } catch (error) {
      setExplained(() => null);
      throw error;
    }
  };

  return { explained, explain, close: () => setExplained(() => null) };
}
