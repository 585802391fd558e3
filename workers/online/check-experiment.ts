// Checks that what an experiment names exists: its releases, countries and platforms. The fields themselves are checked
// by the contract (models/contracts/experiment.ts), and what may change when by models/experiments/lifecycle.ts.

import { CANARY_PREFIX, type ExperimentInput, RELEASE_LAYER } from '../../models/contracts/experiment.ts';
import type { NamedRelease } from '../../models/contracts/release.ts';
import type { Result } from '../../models/contracts/result.ts';
import type { Refusal } from '../storage/release-list.ts';

export interface NamedThings {
  /** The release if it can be served. */
  findRelease(version: string): Promise<Result<NamedRelease, Refusal>>;
  /** False if no game of the catalogue is for the platform. */
  hasPlatform(platform: string): Promise<boolean>;
}

export interface FieldFault {
  path: (string | number)[];
  message: string;
}

const REGIONS = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** Returns the fields that have values reserved for canaries. */
export const findReserved = (experimentId: string, { layer }: ExperimentInput): FieldFault[] => [
  ...(experimentId.startsWith(CANARY_PREFIX)
    ? [{ path: ['experimentId'], message: `must not begin with “${CANARY_PREFIX}”, which is for canaries` }]
    : []),
  ...(layer === RELEASE_LAYER
    ? [{ path: ['layer'], message: `must not be “${RELEASE_LAYER}”, which is for canaries` }]
    : []),
];

/** Returns what is wrong, by field; empty if everything that the experiment names is there. */
export async function findUnknown(
  { variants, audience: { countries = [], platforms = [] } }: ExperimentInput,
  { findRelease, hasPlatform }: NamedThings,
): Promise<FieldFault[]> {
  const known = await Promise.all(platforms.map(hasPlatform));
  const releases = await Promise.all(variants.map(({ release }) => release && findRelease(release)));
  return [
    ...countries.flatMap((country, index) =>
      REGIONS.of(country) === undefined
        ? [{ path: ['audience', 'countries', index], message: `must be a country: “${country}” is not one` }]
        : [],
    ),
    ...platforms.flatMap((platform, index) =>
      known[index]
        ? []
        : [
            {
              path: ['audience', 'platforms', index],
              message: `must be a platform in the catalogue: no game has “${platform}”`,
            },
          ],
    ),
    ...releases.flatMap((release, index) =>
      release && !release.ok
        ? [{ path: ['variants', index, 'release'], message: `must be usable: ${release.error.reason}` }]
        : [],
    ),
  ];
}
