// The metrics of experiments as ratios of two sums over users: which columns of a user's totals each reads. Reads no
// totals itself.

import type { Metric } from '../contracts/experiment.ts';

/** Totals of events, since the user's exposure and in the days before it. */
export const EVENT_TOTALS = [
  'impressions',
  'clicks',
  'plays',
  'likes',
  'purchases',
  'dismissals',
  'playMinutes',
] as const;
/** Totals of answers, which begin with the exposure. */
export const ANSWER_TOTALS = ['answers', 'empty', 'degraded', 'failed', 'elapsedMs'] as const;
export type EventTotal = (typeof EVENT_TOTALS)[number];
export type AnswerTotal = (typeof ANSWER_TOTALS)[number];

/** `numerator` ÷ `denominator`, both summed over users; `users` counts each user as 1: the metric is a mean. */
export type MetricTerms =
  | { numerator: EventTotal; denominator: 'impressions' | 'users'; hasBefore: true }
  | { numerator: AnswerTotal; denominator: 'answers'; hasBefore: false };

const perImpression = (numerator: EventTotal): MetricTerms => ({
  numerator,
  denominator: 'impressions',
  hasBefore: true,
});
const perUser = (numerator: EventTotal): MetricTerms => ({ numerator, denominator: 'users', hasBefore: true });
const perAnswer = (numerator: AnswerTotal): MetricTerms => ({ numerator, denominator: 'answers', hasBefore: false });

export const METRIC_TERMS: Readonly<Record<Metric, MetricTerms>> = {
  'click-rate': perImpression('clicks'),
  'play-rate': perImpression('plays'),
  'like-rate': perImpression('likes'),
  'purchase-rate': perImpression('purchases'),
  'dismissal-rate': perImpression('dismissals'),
  clicks: perUser('clicks'),
  plays: perUser('plays'),
  purchases: perUser('purchases'),
  'play-minutes': perUser('playMinutes'),
  'empty-rate': perAnswer('empty'),
  'fallback-rate': perAnswer('degraded'),
  'failure-rate': perAnswer('failed'),
  'answer-ms': perAnswer('elapsedMs'),
};
