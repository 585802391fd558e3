// What Amazon Personalize would charge for the same month. Nothing is measured: its prices and training hours are as
// others published them.

import type { Load } from './load.ts';
import { PERSONALIZE } from './prices.ts';

const MONTH_SECONDS = 30 * 86_400;
/** Assumed: an interaction with ids, type and time. */
const INTERACTION_BYTES = 200;
/** A solution is trained every seven days unless that is changed. */
const TRAININGS = 30 / 7;
/**
 * Training hours of User-Personalization, as AWS measured them on MovieLens
 * (https://github.com/aws-samples/amazon-personalize-samples, PersonalizeCheatSheet2.0.md). Between and beyond them, in
 * proportion.
 */
const SMALL = { interactions: 100_000, hours: 2.135 };
const LARGE = { interactions: 25_000_000, hours: 53.9 };

export interface PersonalizeBill {
  ingestion: number;
  training: number;
  recommendations: number;
  total: number;
}

/** Dollars of a month. A gallery counts as one recommendation, although it has several rows. */
export function billPersonalize({ events, galleries }: Load): PersonalizeBill {
  const ingestion = ((events * INTERACTION_BYTES) / 1e9) * PERSONALIZE.perGbIngested;
  const training = TRAININGS * estimateHours(events) * PERSONALIZE.perTrainingHour;
  const recommendations = priceRecommendations(galleries);
  return { ingestion, training, recommendations, total: ingestion + training + recommendations };
}

export function estimateHours(interactions: number): number {
  const share = (interactions - SMALL.interactions) / (LARGE.interactions - SMALL.interactions);
  return Math.max(SMALL.hours, SMALL.hours + share * (LARGE.hours - SMALL.hours));
}

export function priceRecommendations(requests: number): number {
  const billed = Math.max(requests, PERSONALIZE.minimumPerSecond * MONTH_SECONDS);
  let from = 0;
  let dollars = 0;
  for (const { upTo, perThousand } of PERSONALIZE.tiers) {
    dollars += (Math.max(0, Math.min(billed, upTo) - from) / 1_000) * perThousand;
    from = upTo;
  }
  return dollars;
}
