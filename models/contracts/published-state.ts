// What serving needs of the operators' changes, as one small object in R2 that every isolate follows. D1 has the
// originals; the large files that it names never change.

import { z } from 'zod';
import type { Experiment } from './experiment.ts';
import type { StoredIssuer } from './issuer.ts';
import type { Key } from './key.ts';
import { ReleasePointer } from './release.ts';
import type { Rule } from './rule.ts';
import type { Subscription } from './subscription.ts';

/** Increase it with every change that an older isolate could not read; each schema has an object of its own. */
export const STATE_SCHEMA = 1;

/** A key with the SHA-256 of its text, in hex. A key has 256 random bits, so its digest reveals nothing. */
export type StoredKey = Key & { hash: string };

/** A subscription without its address and secret. */
export type Listener = Pick<Subscription, 'subscriptionId' | 'events'>;

const listOf = <T>() => z.array(z.custom<T>((value) => typeof value === 'object' && value !== null));

const VerifiedFile = z.object({ key: z.string(), sha256: z.string() });

/** The columns of all visible items as of a revision. `items` is their number. */
const CatalogueBase = VerifiedFile.extend({
  revision: z.number().int(),
  items: z.number().int(),
});
export type CatalogueBase = z.infer<typeof CatalogueBase>;

/** Files of the catalogue, each of which never changes (workers/storage/catalogue-files.ts). */
export const CatalogueFiles = z.object({
  /** The newest revision that the files have. */
  revision: z.number().int(),
  base: CatalogueBase,
  /** All changes later than the base; null if there are none. */
  changes: VerifiedFile.nullable(),
});
export type CatalogueFiles = z.infer<typeof CatalogueFiles>;

/** The parts; each is as current as the publication. Their fields were checked before D1 took them. */
export const StateParts = z.object({
  rules: listOf<Rule>(),
  subscriptions: listOf<Listener>(),
  keys: listOf<StoredKey>(),
  issuers: listOf<StoredIssuer>(),
  /** Those that run. States before 0.5 have none. */
  experiments: listOf<Experiment>().default([]),
  /** Null until the catalogue is published for the first time. */
  catalogue: CatalogueFiles.nullable(),
  /** Key of the statistics file; null before the first. */
  statistics: z.string().nullable(),
  /** Null before the first release. */
  release: ReleasePointer.nullable(),
});
export type StateParts = z.infer<typeof StateParts>;

export const PublishedState = StateParts.extend({
  schema: z.literal(STATE_SCHEMA),
  /** Time of the publication in epoch milliseconds, but always more than the version before. */
  version: z.number().int(),
});
export type PublishedState = z.infer<typeof PublishedState>;
