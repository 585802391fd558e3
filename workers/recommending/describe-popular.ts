// What a row of popular games may claim. An order by chance is not popularity, and that of another year is not of now.

import type { Statistics } from '../../models/contracts/statistics.ts';
import { POPULARITY_MIN } from '../../models/features/popularity-and-trends.ts';
import type { RankingInput } from './ranking-input.ts';

/** “Now” goes back this far. */
const NOW_DAYS = 28;
const DAY_MS = 86_400_000;

/** Title and reason of a row for players of whom nothing is known yet. */
export function describePopular({ statistics, today }: Pick<RankingInput, 'statistics' | 'today'>): {
  title: string;
  reason: string;
} {
  if (!hasEvidence(statistics)) return { title: 'From the catalogue', reason: 'Nothing is popular yet' };
  const reason = 'Played and bought most by players';
  const ageMs = Date.parse(today) - Date.parse(statistics?.popularUntil ?? today);
  return { title: ageMs <= NOW_DAYS * DAY_MS ? 'Popular now' : 'Popular with players', reason };
}

const hasEvidence = (statistics: Statistics | null): boolean => (statistics?.popular[0]?.[1] ?? 0) >= POPULARITY_MIN;
