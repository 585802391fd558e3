// Alerts: rules with a threshold, a duration and a severity over a closed list of measures, and what they raise.
// docs/runbook.md says what to do about each; workers/offline/check-alerts.ts evaluates them.

import { z } from 'zod';
import { Id } from './id.ts';

export const ALERT_RULE_BODY_BYTES_MAX = 4 * 1024;
/** Rules besides the defaults. */
export const OWN_ALERT_RULES_MAX = 50;
export const ALERTS_PAGE_MAX = 100;
/** Alerts that are over and older are deleted. */
export const ALERTS_KEPT_MAX = 1_000;

/** Each is a number that is bad if high. Without the data it needs, a measure is unknown and raises nothing. */
export const ALERT_MEASURES = {
  'unlogged-events': 'Accepted events missing from the log, of the 1,000 players whose events have waited longest',
  'unlogged-age': 'Age of the oldest accepted event missing from the log, in seconds',
  'dead-letters': 'Dead letters, counted up to 10,000',
  'failed-jobs': 'Jobs whose last run failed',
  'late-jobs': 'Jobs with a run that was due a quarter of an hour ago and has not succeeded',
  'fallback-share': 'Share of answers in which a step fell back; needs 100 answers in this hour and the one before',
  'error-share': 'Share of requests answered with 5xx; needs 100 requests in this hour and the one before',
  'empty-share': 'Share of answers without any game; needs 100 answers in this hour and the one before',
  'release-age': 'Time since the release in use was trained, in hours',
  'click-fall': 'Share by which clicks fell, in the last three full hours, from a week before; needs 100 clicks then',
  'stopped-variants': 'Variants of experiments that a guardrail stopped within 24 hours',
  'limit-hits': 'Requests refused by a rate limit (429) in an hour: this one or the one before',
  'database-size': 'Size of the largest D1 database in MB; Cloudflare’s limit is 10,000',
} as const;
export type AlertMeasure = keyof typeof ALERT_MEASURES;
export const ALERT_MEASURE_NAMES = Object.keys(ALERT_MEASURES) as AlertMeasure[];

export const SEVERITIES = ['warning', 'critical'] as const;
const MINUTES_MAX = 24 * 60;

export const AlertRuleInput = z
  .strictObject({
    measure: z.enum(ALERT_MEASURE_NAMES).meta({ example: 'dead-letters' }),
    threshold: z.number().min(0).max(1e12).meta({ description: 'Raised while the measure is above it.', example: 0 }),
    forMinutes: z
      .number()
      .int()
      .min(0)
      .max(MINUTES_MAX)
      .default(0)
      .meta({ description: 'Raised only once it has been above for this long.' }),
    severity: z.enum(SEVERITIES).default('warning'),
    enabled: z.boolean().default(true),
  })
  .meta({ id: 'AlertRuleInput' });

export const AlertRule = z.object({ ruleId: Id, ...AlertRuleInput.shape }).meta({ id: 'AlertRule' });
export type AlertRule = z.infer<typeof AlertRule>;

const rule = (
  measure: AlertMeasure,
  threshold: number,
  forMinutes: number,
  severity: AlertRule['severity'],
): AlertRule => ({ ruleId: measure, measure, threshold, forMinutes, severity, enabled: true });

/** Each has the name of its measure. */
export const DEFAULT_ALERT_RULES: readonly AlertRule[] = [
  rule('unlogged-events', 1_000, 10, 'warning'),
  // By then the objects have queued a missing event again twice.
  rule('unlogged-age', 300, 0, 'critical'),
  rule('dead-letters', 0, 0, 'warning'),
  // The next run of a job that runs each minute may succeed.
  rule('failed-jobs', 0, 3, 'warning'),
  rule('late-jobs', 0, 0, 'critical'),
  rule('fallback-share', 0.2, 5, 'warning'),
  rule('error-share', 0.02, 5, 'critical'),
  rule('empty-share', 0.05, 5, 'warning'),
  rule('release-age', 7 * 24, 0, 'warning'),
  rule('click-fall', 0.5, 0, 'warning'),
  rule('stopped-variants', 0, 0, 'warning'),
  rule('limit-hits', 10_000, 0, 'warning'),
  rule('database-size', 8_000, 0, 'critical'),
];

export const findDefaultRule = (ruleId: string): AlertRule | undefined =>
  DEFAULT_ALERT_RULES.find((one) => one.ruleId === ruleId);

export const ALERT_STATES = ['pending', 'raised', 'acknowledged', 'resolved'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

export const Alert = z
  .object({
    alertId: z.number().int().meta({ description: 'Increases with each alert.' }),
    ruleId: z.string(),
    measure: z.enum(ALERT_MEASURE_NAMES),
    severity: z.enum(SEVERITIES),
    state: z.enum(ALERT_STATES).meta({
      description: '`pending`: above the threshold, but not for as long as the rule demands; nobody has been told.',
    }),
    value: z.number().meta({
      description:
        'The measure when it was raised; of a pending one, when it began. Of `stopped-variants` the last one.',
    }),
    threshold: z.number(),
    since: z.iso.datetime().meta({ description: 'When the measure was first seen above the threshold.' }),
    raisedAt: z.iso.datetime().nullable(),
    resolvedAt: z.iso.datetime().nullable(),
    acknowledgedAt: z.iso.datetime().nullable(),
    acknowledgedBy: z.string().nullable().meta({ description: 'Id of the key.' }),
  })
  .meta({ id: 'Alert' });
export type Alert = z.infer<typeof Alert>;
