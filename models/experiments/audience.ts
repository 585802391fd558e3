// Whether the player of a request is in an experiment's audience, at a time when it runs. Which variant the player sees
// is decided by assignment.ts.

import type { Experiment } from '../contracts/experiment.ts';

/** The facts of a request that audiences depend on; null if unknown. */
export interface AudienceFacts {
  country: string | null;
  platform: string | null;
  /** True if the player has no history. */
  isNewUser: boolean | null;
}

/** False for everybody before `startsAt` and from `endsAt` on. `now`: epoch milliseconds. */
export const hasInAudience = (
  { startsAt, endsAt, audience }: Pick<Experiment, 'startsAt' | 'endsAt' | 'audience'>,
  { country, platform, isNewUser }: AudienceFacts,
  now: number,
): boolean =>
  (startsAt === null || Date.parse(startsAt) <= now) &&
  (endsAt === null || now < Date.parse(endsAt)) &&
  names(audience.countries, country) &&
  names(audience.platforms, platform) &&
  (audience.newUsers === undefined || audience.newUsers === isNewUser);

/** An absent list includes everybody; an unknown value is on no list. */
const names = (list: readonly string[] | undefined, value: string | null): boolean =>
  list === undefined || list.some((one) => one.toLowerCase() === value?.toLowerCase());
