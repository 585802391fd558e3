// Experiments: variants of the algorithm for shares of the players, and what must not get worse. Assignment:
// models/experiments/assignment.ts.

import { z } from 'zod';
import { AlgorithmSettings } from './algorithm-settings.ts';
import { POLICIES } from './policy.ts';
import { NamedRelease } from './release.ts';
import { text } from './text.ts';

/** Experiments that run at once: each answer looks at all of them. */
export const RUNNING_EXPERIMENTS_MAX = 20;
/** Drafts and ended ones included. */
export const EXPERIMENTS_MAX = 500;
export const EXPERIMENT_BODY_BYTES_MAX = 64 * 1024;
const VARIANTS_MAX = 8;
/** A smaller share has too few players to prove anything. */
const AUDIENCE_SHARE_MIN = 0.0001;
/** Shares are decimal fractions, which binary numbers only approximate. */
const SHARE_TOLERANCE = 1e-9;

/** Canaries have this layer for themselves. */
export const RELEASE_LAYER = 'release';
/** The ids of canaries begin with it. */
export const CANARY_PREFIX = 'canary-';

/** Short and plain enough for logs, metrics and lists in headers and URLs; versions of releases fit. */
export const ShortId = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, 'must be of letters, digits and . _ -, and begin with a letter or digit');

/**
 * Means per player unless said otherwise. Rates are ratios of sums over players: the intervals treat players as the
 * unit.
 */
export const METRICS = [
  'click-rate',
  'play-rate',
  'like-rate',
  'purchase-rate',
  'dismissal-rate',
  'clicks',
  'plays',
  'purchases',
  'play-minutes',
  'empty-rate',
  'fallback-rate',
  'failure-rate',
  'answer-ms',
] as const;
export type Metric = (typeof METRICS)[number];

/** Metrics that are better if lower. */
export const HARM_METRICS = ['dismissal-rate', 'empty-rate', 'fallback-rate', 'failure-rate', 'answer-ms'] as const;

export const isLowerBetter = (metric: Metric): boolean => (HARM_METRICS as readonly Metric[]).includes(metric);

/** The largest change that a guardrail allows, as a share of the control's value: below 0 if higher is better. */
export const allowedChange = ({ metric, limit }: { metric: Metric; limit: number }): number =>
  isLowerBetter(metric) ? limit : -limit;

export const Variant = z
  .strictObject({
    id: ShortId,
    share: z.number().min(0).max(1).default(0).meta({ description: 'Its part of the players in the experiment.' }),
    isShadow: z.boolean().default(false).meta({
      description: 'Computed for some answers after they were sent, and compared with them; shown to nobody.',
    }),
    release: z.string().max(200).optional().meta({ description: 'Version of the release; by default the one in use.' }),
    policy: z.enum(POLICIES).optional(),
    settings: AlgorithmSettings.partial().optional().meta({ description: 'Settings left out keep their defaults.' }),
  })
  .meta({ id: 'Variant' });
export type Variant = z.infer<typeof Variant>;

const Audience = z
  .strictObject({
    share: z.number().min(AUDIENCE_SHARE_MIN).max(1).default(1).meta({ description: 'Its part of all players.' }),
    countries: z
      .array(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code'))
      .min(1)
      .max(250)
      .optional(),
    platforms: z.array(text(32)).min(1).max(20).optional(),
    newUsers: z.boolean().optional().meta({ description: 'true: only players without history; false: only others.' }),
  })
  .meta({ id: 'ExperimentAudience' });

export const Guardrail = z
  .strictObject({
    metric: z.enum(METRICS),
    limit: z.number().min(0).default(0).meta({
      description: 'A variant is stopped once its metric is worse than the control’s by more than this share of it.',
    }),
  })
  .meta({ id: 'Guardrail' });
export type Guardrail = z.infer<typeof Guardrail>;

/** A variant may cost some clicks, but not a fifth of them. */
const DEFAULT_GUARDRAILS: Guardrail[] = [
  ...HARM_METRICS.map((metric) => ({ metric, limit: 0.1 })),
  { metric: 'click-rate', limit: 0.2 },
];

/** Strict: ignoring a misspelt field would show players something other than what was meant. */
export const ExperimentInput = z
  .strictObject({
    hypothesis: text(1_000).meta({ description: 'The expected change, and why it is expected.' }),
    kind: z.enum(['split', 'interleaving']).default('split').meta({
      description:
        'split: each player sees one variant. interleaving: each player’s first row has games picked by both variants.',
    }),
    layer: ShortId.default('default').meta({
      description: 'Experiments in one layer never share a player; those in different layers overlap.',
    }),
    variants: z.array(Variant).min(2).max(VARIANTS_MAX).meta({ description: 'The first is the control.' }),
    audience: Audience.default({ share: 1 }),
    startsAt: z.iso
      .datetime({ offset: true })
      .nullable()
      .default(null)
      .meta({ description: 'A started experiment has no players before this time.' }),
    endsAt: z.iso.datetime({ offset: true }).nullable().default(null),
    primaryMetric: z.enum(METRICS).default('click-rate'),
    guardrails: z.array(Guardrail).max(METRICS.length).default(DEFAULT_GUARDRAILS),
  })
  .superRefine((experiment, context) => {
    for (const [path, message] of findFaults(experiment)) context.addIssue({ code: 'custom', path, message });
  })
  .meta({ id: 'ExperimentInput' });
export type ExperimentInput = z.infer<typeof ExperimentInput>;

type Fault = [path: (string | number)[], message: string];

function findFaults(experiment: {
  kind: 'split' | 'interleaving';
  variants: Variant[];
  startsAt: string | null;
  endsAt: string | null;
}): Fault[] {
  const { kind, variants, startsAt, endsAt } = experiment;
  const faults: Fault[] = [];
  if (new Set(variants.map(({ id }) => id)).size < variants.length)
    faults.push([['variants'], 'must have different ids']);
  const shown = variants.filter(({ isShadow }) => !isShadow);
  const shares = shown.reduce((sum, { share }) => sum + share, 0);
  if (Math.abs(shares - 1) > SHARE_TOLERANCE)
    faults.push([['variants'], `must have shares that add up to 1, not ${shares}`]);
  for (const [index, { isShadow, share }] of variants.entries())
    if (isShadow !== (share === 0))
      faults.push([['variants', index, 'share'], 'must be 0 for a shadow, and only there']);
  if (variants[0]?.isShadow) faults.push([['variants', 0, 'isShadow'], 'must be false for the control']);
  if (new Set(variants.flatMap(({ release }) => release ?? [])).size > 1)
    faults.push([['variants'], 'must name one release at most: an isolate holds two']);
  if (kind === 'interleaving' && shown.length !== 2) faults.push([['variants'], 'must be two to interleave']);
  if (startsAt !== null && endsAt !== null && Date.parse(startsAt) >= Date.parse(endsAt))
    faults.push([['endsAt'], 'must be after startsAt']);
  return faults;
}

export const EXPERIMENT_STATES = ['draft', 'running', 'stopped'] as const;

export const Experiment = z
  .object({
    experimentId: ShortId,
    ...ExperimentInput.shape,
    state: z.enum(EXPERIMENT_STATES),
    startedAt: z.iso.datetime().nullable(),
    stoppedAt: z.iso.datetime().nullable(),
    stopReason: z.string().nullable(),
    slice: z.object({ from: z.number(), to: z.number() }).nullable().meta({
      description: 'Its part of the layer, between 0 and 1; null until it has started.',
    }),
    stoppedVariants: z
      .array(z.object({ id: z.string(), reason: z.string(), at: z.iso.datetime() }))
      .meta({ description: 'Variants that a guardrail stopped: their players see the control.' }),
    namedRelease: NamedRelease.nullable().meta({
      description: 'The release that its variants name, as it was found at the start.',
    }),
  })
  .meta({ id: 'Experiment' });
export type Experiment = z.infer<typeof Experiment>;

/** An answer that an experiment made a difference to, the control's included. */
export const Exposure = z.object({
  experimentId: z.string(),
  /** The assigned variant, also if it failed and the control answered. */
  variant: z.string(),
  userId: z.string(),
  recommendationId: z.string(),
  /** Epoch milliseconds. */
  at: z.number().int(),
  /** True if the player had no history. */
  isNewUser: z.boolean(),
  /** True if a step fell back. */
  degraded: z.boolean(),
  /** True if nothing was shown. */
  isEmpty: z.boolean(),
  /** True if the variant threw. */
  failed: z.boolean(),
  /** Time from the request to the answer, as far as the platform's clock moves: it stands still while code computes. */
  elapsedMs: z.number(),
});
export type Exposure = z.infer<typeof Exposure>;

/** Comparison of a shadow with the answer that was shown. */
export const ShadowComparison = z.object({
  experimentId: z.string(),
  variant: z.string(),
  /** The share of the first row shown that the shadow's first row has, too. */
  overlap: z.number(),
  /** Mean expected utility of the first row shown, and of the shadow's by the same model; null without a model. */
  shownValue: z.number().nullable(),
  shadowValue: z.number().nullable(),
  failed: z.boolean(),
});
export type ShadowComparison = z.infer<typeof ShadowComparison>;

/** A first row in which two variants took turns. */
export const InterleavedRow = z.object({
  experimentId: z.string(),
  recommendationId: z.string(),
  /** Ids of the items that each variant put there, by the variant's id. */
  teams: z.record(z.string(), z.array(z.string())),
});
export type InterleavedRow = z.infer<typeof InterleavedRow>;
