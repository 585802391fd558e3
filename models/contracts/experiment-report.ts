// The report of an experiment, which may be read at any time. Arithmetic: models/experiments/report.ts.

import { z } from 'zod';
import { METRICS } from './experiment.ts';

/** Users by what was known of them at their first exposure. */
export const USER_GROUPS = ['all', 'new', 'known'] as const;
export type UserGroup = (typeof USER_GROUPS)[number];

const Interval = z.tuple([z.number(), z.number()]).meta({ description: '[low, high]; holds at all times together.' });

const SampleRatio = z
  .object({
    variants: z.array(z.object({ variant: z.string(), users: z.number().int(), expectedUsers: z.number() })),
    chiSquare: z.number(),
    pValue: z.number().meta({ description: 'That of χ², which holds for one look only and decides nothing.' }),
    anytimePValue: z.number().meta({ description: 'That of a sequential test; may be read at any time.' }),
    isBroken: z.boolean().meta({
      description: 'True if anytimePValue < 0.001: users were lost on one side, and the report compares nothing.',
    }),
  })
  .meta({ id: 'SampleRatio' });

const VariantEstimate = z
  .object({
    variant: z.string(),
    users: z.number().int(),
    value: z.number().nullable().meta({ description: 'Null if nothing was measured.' }),
    difference: z.number().nullable().meta({ description: 'The value less the control’s.' }),
    interval: Interval.nullable().meta({
      description: 'The difference’s; null with fewer than 30 users on a side.',
    }),
    adjustedDifference: z.number().nullable().meta({
      description: 'Less what the days before predict; null if nothing is known of them.',
    }),
    cupedInterval: Interval.nullable(),
    isSignificant: z.boolean().meta({
      description: 'True if 0 is outside cupedInterval, or outside interval if that is null.',
    }),
    moreUsersNeeded: z
      .number()
      .int()
      .nullable()
      .meta({
        description:
          'Users of both sides together until it is significant with probability 0.8, if the difference is as ' +
          'measured; ' +
          'null if it is too small to be found.',
      }),
  })
  .meta({ id: 'VariantEstimate' });
export type VariantEstimate = z.infer<typeof VariantEstimate>;

const MetricReport = z
  .object({
    metric: z.enum(METRICS),
    group: z.enum(USER_GROUPS),
    isPrimary: z.boolean(),
    isHarm: z.boolean().meta({ description: 'True if lower is better.' }),
    control: z.object({ variant: z.string(), users: z.number().int(), value: z.number().nullable() }),
    variants: z.array(VariantEstimate),
  })
  .meta({ id: 'MetricReport' });
export type MetricReport = z.infer<typeof MetricReport>;

const GuardrailReport = z
  .object({
    variant: z.string(),
    metric: z.enum(METRICS),
    limit: z.number(),
    control: z.number().nullable(),
    value: z.number().nullable(),
    bound: z
      .number()
      .nullable()
      .meta({
        description:
          'The value is worse than the limit allows by at least this; one-sided, holds at all times together. Null ' +
          'with fewer than 30 users on a side.',
      }),
    isBreached: z.boolean().meta({ description: 'True if the bound is above 0.' }),
  })
  .meta({ id: 'GuardrailReport' });
export type GuardrailReport = z.infer<typeof GuardrailReport>;

const InterleavingReport = z
  .object({
    variant: z.string(),
    users: z.number().int().meta({ description: 'With at least one click on an interleaved row.' }),
    clicks: z.number().int(),
    preference: z.number().meta({
      description: 'The variant’s clicks less the control’s, as a share of the user’s clicks; mean over users.',
    }),
    interval: Interval.nullable(),
    isSignificant: z.boolean(),
    wins: z.number().int().meta({ description: 'Users who clicked more picks of the variant.' }),
    losses: z.number().int().meta({ description: 'Users who clicked more picks of the control.' }),
    signPValue: z.number().meta({ description: 'The sign test’s, over users; may be read at any time.' }),
    moreUsersNeeded: z.number().int().nullable(),
  })
  .meta({ id: 'InterleavingReport' });
export type InterleavingReport = z.infer<typeof InterleavingReport>;

/**
 * `better`, `worse`: the primary metric, or the preference, is significant. `harmful`: a guardrail is breached. `open`:
 * neither yet. `void`: the sample ratio is broken.
 */
export const VERDICTS = ['better', 'worse', 'harmful', 'open', 'void'] as const;
export type Verdict = (typeof VERDICTS)[number];

export const ExperimentReport = z
  .object({
    experimentId: z.string(),
    verdicts: z.array(z.object({ variant: z.string(), verdict: z.enum(VERDICTS) })),
    sampleRatio: SampleRatio.nullable().meta({ description: 'Null if interleaved: every user sees both variants.' }),
    metrics: z.array(MetricReport).meta({ description: 'Empty if the sample ratio is broken.' }),
    guardrails: z.array(GuardrailReport),
    interleaving: InterleavingReport.nullable().meta({ description: 'Null for a split.' }),
  })
  .meta({ id: 'ExperimentReport' });
export type ExperimentReport = z.infer<typeof ExperimentReport>;
