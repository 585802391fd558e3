// Where and for whom an answer is made, as far as the request tells. Null where it does not.

import { z } from 'zod';

export const RequestContext = z.object({
  platform: z.string().nullable(),
  /** ISO 3166-1 alpha-2. */
  country: z.string().nullable(),
  /** BCP 47. */
  locale: z.string().nullable(),
  /** Years: games for older players are left out. */
  ageLimit: z.number().int().nullable(),
  /** 0–23, where the player is. */
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
