// What the request itself tells of where and for whom an answer is made: query parameters first, then what Cloudflare
// knows of the connection.

import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { RequestContext } from '../../models/contracts/context.ts';
import { Budget, DEADLINE_DEFAULT_MS, DEADLINE_MAX_MS, DEADLINE_MIN_MS } from '../serving/budget.ts';
import type { RecommendationRequest } from '../serving/hydrate.ts';
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
      description: 'Where the player is; by default where the connection comes from, or else the region of the locale.',
    }),
  locale: z
    .string()
    .min(1)
    .max(35)
    .optional()
    .meta({ description: 'BCP 47 tag; by default the first of Accept-Language.' }),
  ageLimit: wholeNumber(0, 21).optional().meta({
    description:
      'Years: games rated for older players, and games without a rating, are left out. The stricter of this and of the player’s preferences holds.',
  }),
  deadlineMs: wholeNumber(DEADLINE_MIN_MS, DEADLINE_MAX_MS).default(DEADLINE_DEFAULT_MS).meta({
    description: 'The time that the answer may take at the edge; what is not there by then is done without.',
  }),
};
const ContextQuery = z.object(contextQuery);

export function readContext(c: Context, query: z.output<typeof ContextQuery>): RequestContext {
  const cf = c.req.raw.cf as Partial<IncomingRequestCfProperties> | undefined;
  const locale = query.locale ?? c.req.header('accept-language')?.split(/[,;]/, 1)[0]?.trim().slice(0, 35) ?? null;
  return {
    platform: query.platform ?? null,
    country: query.country ?? knownCountry(cf?.country) ?? regionOf(locale),
    locale,
    ageLimit: query.ageLimit ?? null,
    localHour: readLocalHour(cf?.timezone, new Date()),
  };
}

/** Cloudflare says XX of an address that it cannot place, and T1 of Tor. */
const knownCountry = (country: string | undefined): string | undefined =>
  country !== undefined && /^[A-Z]{2}$/.test(country) && country !== 'XX' ? country : undefined;

/** The region that a BCP 47 tag names: CH of de-CH; null where it names none, or is no tag. */
function regionOf(locale: string | null): string | null {
  try {
    return locale === null ? null : (new Intl.Locale(locale).region ?? null);
  } catch {
    return null;
  }
}

/** 0–23 in an IANA time zone; null where the zone is not known. */
function readLocalHour(timeZone: string | undefined, at: Date): number | null {
  if (timeZone === undefined) return null;
  try {
    return Number(new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone }).format(at));
  } catch {
    return null;
  }
}

/** What is asked for, and in whose name. */
export const toRecommendationRequest = (
  c: Context<{ Bindings: Env }>,
  query: z.output<typeof ContextQuery>,
  userId?: string,
): RecommendationRequest => ({
  env: c.env,
  userId,
  context: readContext(c, query),
  budget: new Budget(query.deadlineMs),
  waitUntil: (promise) => c.executionCtx.waitUntil(promise),
});
