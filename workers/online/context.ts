// Reads the context of a request (country, platform, time, locale): query parameters first, then what Cloudflare knows
// about the connection.

import { z } from '@hono/zod-openapi';
import { Budget, DEADLINE_DEFAULT_MS, DEADLINE_MAX_MS, DEADLINE_MIN_MS } from '../serving/budget.ts';
import type { RecommendationRequest } from '../serving/recommendation-request.ts';
import { mayChangePlayers } from './caller.ts';
import type { AppContext } from './endpoint.ts';
import { readLocalHour } from './local-hour.ts';
import { wholeNumber } from './parameters.ts';

export const contextQuery = {
  platform: z
    .string()
    .min(1)
    .max(32)
    .optional()
    .meta({ description: 'Only games for this platform.', example: 'windows' }),
  country: z
    .string()
    .regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 alpha-2 code')
    .optional()
    .meta({
      description: 'The player’s country; by default that of the connection, or else the region of the locale.',
    }),
  locale: z
    .string()
    .min(1)
    .max(35)
    .optional()
    .meta({ description: 'BCP 47 tag; by default the first of Accept-Language.' }),
  ageLimit: wholeNumber(0, 21)
    .optional()
    .meta({
      description:
        'In years: games rated for older players, and games without a rating, are left out. The stricter of this ' +
        'limit and the player’s own applies.',
    }),
  deadlineMs: wholeNumber(DEADLINE_MIN_MS, DEADLINE_MAX_MS).default(DEADLINE_DEFAULT_MS).meta({
    description: 'Time limit at the edge; a step that takes longer falls back, and `degraded` names it.',
  }),
};
const ContextQuery = z.object(contextQuery);
export type ContextQuery = z.output<typeof ContextQuery>;

/** A recommendation request, without the means to answer it. */
export type AnswerRequest = Pick<
  RecommendationRequest,
  'userId' | 'user' | 'reading' | 'context' | 'keepsContext' | 'budget' | 'recommendationId' | 'variants'
>;

export function readRequest(
  { req, get }: Pick<AppContext, 'req' | 'get'>,
  query: ContextQuery,
  userId?: string,
): AnswerRequest {
  const cf = req.raw.cf as Partial<IncomingRequestCfProperties> | undefined;
  const locale = query.locale ?? req.header('accept-language')?.split(/[,;]/, 1)[0]?.trim().slice(0, 35) ?? null;
  const context = {
    platform: query.platform ?? null,
    country: query.country ?? readCountry(cf?.country) ?? readRegion(locale),
    locale,
    ageLimit: query.ageLimit ?? null,
    localHour: readLocalHour(cf?.timezone, Date.now()),
  };
  const caller = get('caller');
  return {
    userId,
    context,
    keepsContext: caller !== undefined && mayChangePlayers(caller),
    budget: new Budget(query.deadlineMs, get('arrivedAt')),
  };
}

/** Cloudflare's country is XX for an unknown address and T1 for Tor. */
const readCountry = (country: string | undefined): string | undefined =>
  country !== undefined && /^[A-Z]{2}$/.test(country) && country !== 'XX' ? country : undefined;

/** The region of a BCP 47 tag: CH for de-CH; null if it has none or is not a valid tag. */
function readRegion(locale: string | null): string | null {
  try {
    return locale === null ? null : (new Intl.Locale(locale).region ?? null);
  } catch {
    return null;
  }
}
