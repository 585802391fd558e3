// A rule of the store: it pins, boosts, buries or excludes items, for an audience, between two times.
// workers/recommending applies rules.

import { z } from 'zod';
import { Id } from './id.ts';
import { text } from './text.ts';

export const RULES_MAX = 500;
export const RULE_BODY_BYTES_MAX = 64 * 1024;

export const RULE_ACTIONS = ['pin', 'boost', 'bury', 'exclude'] as const;

/** Matches items that meet every condition given; any value meets a condition. At least one condition. */
export const RuleMatch = z
  .object({
    itemIds: z.array(Id).min(1).max(200),
    genres: z.array(text(64)).min(1).max(50),
    tags: z.array(text(64)).min(1).max(50),
    developers: z.array(text(200)).min(1).max(50),
    ageRatingMin: z.number().int().min(0).max(21).meta({ description: 'Items rated for this age or an older one.' }),
  })
  .partial()
  .strict()
  .refine((match) => Object.keys(match).length > 0, 'needs at least one condition')
  .meta({
    minProperties: 1,
    example: { genres: ['Strategy'] },
    description: 'At least one condition; all must be met.',
  });

/** Limits a rule to requests; an absent condition limits nothing. */
export const RuleAudience = z
  .object({
    countries: z
      .array(z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code'))
      .min(1)
      .max(250),
    platforms: z.array(text(32)).min(1).max(20),
  })
  .partial()
  .strict();

/** Strict: ignoring a misspelt condition would apply the rule to everybody. */
export const RuleInput = z
  .strictObject({
    action: z.enum(RULE_ACTIONS).meta({
      description: 'pin: first in the first row; boost: score × `factor`; bury: score / `factor`; exclude: not shown.',
    }),
    match: RuleMatch,
    audience: RuleAudience.default({}),
    factor: z.number().min(1).max(100).default(2).meta({ description: 'For boost and bury.' }),
    startsAt: z.iso.datetime({ offset: true }).nullable().default(null),
    endsAt: z.iso.datetime({ offset: true }).nullable().default(null),
    reason: text(200).nullable().default(null).meta({ description: 'Shown to operators, and in explanations.' }),
  })
  .refine(({ startsAt, endsAt }) => startsAt === null || endsAt === null || Date.parse(startsAt) < Date.parse(endsAt), {
    path: ['endsAt'],
    message: 'must be after startsAt',
  })
  .meta({ id: 'RuleInput' });

export const Rule = z.object({ ruleId: Id, ...RuleInput.shape }).meta({ id: 'Rule' });
export type Rule = z.infer<typeof Rule>;
