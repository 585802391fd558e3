// Sources of the player's own games, for the rows that lead back to them. They come from the history, unranked.

import type { HistoryItem } from '../../models/contracts/signals.ts';
import type { RankingInput } from './ranking-input.ts';
import type { Source } from './source.ts';

/** A game played within this time counts as still being played. */
const CONTINUE_DAYS = 21;
/** A game to return to was not played for this long … */
const AWAY_DAYS = 30;
/** … after it was played a lot, or played and liked. */
const LOVED_WEIGHT_MIN = 0.9;

export const retrievePlayedLately = (input: RankingInput): Source =>
  retrievePlayed(
    input,
    ({ weight }, playedDaysAgo) => playedDaysAgo <= CONTINUE_DAYS && weight > 0,
    'You played it recently',
  );

export const retrievePlayedLongAgo = (input: RankingInput): Source =>
  retrievePlayed(
    input,
    ({ weight }, playedDaysAgo) => playedDaysAgo > AWAY_DAYS && weight >= LOVED_WEIGHT_MIN,
    'You played it a lot a while ago',
  );

const retrievePlayed =
  (
    { user, catalogue: { columns } }: RankingInput,
    test: (item: HistoryItem, playedDaysAgo: number) => boolean,
    reason: string,
  ): Source =>
  (visit) =>
    user.history.every((item) => {
      if (item.playedDaysAgo === undefined || !test(item, item.playedDaysAgo)) return true;
      const index = columns.find(item.itemId);
      return index < 0 || visit(index, item.weight, reason);
    });
