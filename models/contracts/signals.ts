// The signals that the nearline tier keeps of a player, and the user state that the online tier reads. models/features
// folds events into them.

import { z } from 'zod';
import type { PlayerEvent } from './event.ts';
import { EMPTY_PREFERENCES, Preferences } from './preferences.ts';

/** The fields of an event that signals keep. */
export type SignalEvent = Pick<PlayerEvent, 'id' | 'type' | 'itemId' | 'value' | 'query' | 'timestamp'>;

/** The newest events are kept: actions apart from impressions, so that many impressions displace no action. */
export const RECENT_ACTIONS_MAX = 500;
export const RECENT_IMPRESSIONS_MAX = 500;
/** The newest marks are kept: lasting facts (bought, dismissed) that outlive their events. */
export const MARKS_MAX = 5_000;

/**
 * Kinds of lasting facts about an item; a mark records when each was last true, epoch milliseconds. The mark of a reset
 * is that of no item: see RESET_ITEM.
 */
export const MARK_KINDS = [
  'purchase',
  'play',
  'rate',
  'like',
  'unlike',
  'wishlist',
  'dismiss',
  'undismiss',
  'dislike',
  'refund',
  'unwishlist',
  'reset',
] as const;
export type MarkKind = (typeof MARK_KINDS)[number];
export type Marks = Partial<Record<MarkKind, number>>;
/** The item id of the mark of a reset; no item has it. */
export const RESET_ITEM = '';

/**
 * The live state of one player. It depends only on the *set* of events, not on their order or on duplicates. Both lists
 * are the newest by (timestamp, id), newest first.
 */
export interface Signals {
  actions: SignalEvent[];
  impressions: SignalEvent[];
  marks: Map<string, Marks>;
}

export const HistoryItem = z
  .object({
    itemId: z.string(),
    weight: z.number().meta({ description: 'Summed over the item’s recent events, −1 to 1.5.' }),
    ageDays: z.number().meta({ description: 'Days since the item’s last event.' }),
    strongestType: z
      .string()
      .meta({ description: 'Type of the item’s weightiest recent event; `pick`: named in the preferences.' }),
    playedDaysAgo: z
      .number()
      .optional()
      .meta({ description: 'Days since it was last played; absent if it was not played lately.' }),
  })
  .meta({ id: 'HistoryItem' });
export type HistoryItem = z.infer<typeof HistoryItem>;

/** The signals as ranking reads them, at one moment. `history` is newest first. */
export const UserState = z.object({
  history: z.array(HistoryItem),
  owned: z.array(z.string()),
  played: z.array(z.string()),
  liked: z.array(z.string()),
  dismissed: z.array(z.string()),
  searches: z.array(z.string()).meta({ description: 'Queries of the last three days, newest first.' }),
  shown: z
    .array(
      z.object({
        itemId: z.string(),
        times: z.number().int(),
        passedOver: z.number().meta({
          description:
            'Times that it was passed over: per session 1 for one impression, 2 for three, 3 for seven, halved for ' +
            'each week since then. Impressions count once the player has acted on another item or ended the session.',
        }),
      }),
    )
    .meta({ description: 'Items shown lately, and how often since the player’s last action on each.' }),
  preferences: Preferences,
});
export type UserState = z.infer<typeof UserState>;

export const EMPTY_USER_STATE: UserState = {
  history: [],
  owned: [],
  played: [],
  liked: [],
  dismissed: [],
  searches: [],
  shown: [],
  preferences: EMPTY_PREFERENCES,
};
