// The context of a request: the player's platform, country, language, age limit and local time. Null if not given.

import { z } from 'zod';

export const RequestContext = z.object({
  platform: z.string().nullable(),
  /** ISO 3166-1 alpha-2. */
  country: z.string().nullable(),
  /** BCP 47. */
  locale: z.string().nullable(),
  /** Years: games rated for older players are not shown. */
  ageLimit: z.number().int().nullable(),
  /** 0–23, in the player's time zone. */
  localHour: z.number().int().nullable(),
});
export type RequestContext = z.infer<typeof RequestContext>;

export const EMPTY_CONTEXT: RequestContext = {
  platform: null,
  country: null,
  locale: null,
  ageLimit: null,
  localHour: null,
};
