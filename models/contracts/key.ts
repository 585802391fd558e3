// The keys of a store's servers, tools and games: their scopes, and the format of their text.

import { z } from 'zod';
import { text } from './text.ts';

export const KEYS_MAX = 500;
export const KEY_BODY_BYTES_MAX = 8 * 1024;
const NAME_LENGTH_MAX = 100;
const ORIGINS_MAX = 20;
const ORIGIN_LENGTH_MAX = 300;
export const RATE_PER_MINUTE_MAX = 600_000;

export const SCOPES = ['ingest', 'read', 'mint', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];

/** An admin key opens every scope. */
export const hasScope = ({ scopes }: { scopes: readonly Scope[] }, scope: Scope): boolean =>
  scopes.includes('admin') || scopes.includes(scope);

/** `bloodstream_<id>_<secret>`: the prefix is for scanners of leaked secrets, the id for the lookup. */
const KEY_PATTERN = /^bloodstream_([0-9a-f]{16})_[\w-]{43}$/;

/** Undefined for a text that does not have the format of a key. */
export const readKeyId = (key: string): string | undefined => KEY_PATTERN.exec(key)?.[1];

const isOrigin = (value: string): boolean =>
  URL.canParse(value) && new URL(value).origin === value && /^https?:/.test(value);

const scopes = z
  .array(z.enum(SCOPES))
  .min(1)
  .max(SCOPES.length)
  .transform((list) => SCOPES.filter((scope) => list.includes(scope)))
  .meta({ description: '`admin` includes all others.', example: ['ingest', 'read'] });

export const KeyInput = z
  .strictObject({
    name: text(NAME_LENGTH_MAX).meta({ description: 'The program that uses the key.', example: 'store server' }),
    scopes,
    expiresAt: z.iso
      .datetime({ offset: true })
      .transform((time) => new Date(time).toISOString())
      .optional()
      .meta({ description: 'Time at which the key expires. Without it, the key is valid until it is deleted.' }),
    origins: z
      .array(
        z
          .string()
          .max(ORIGIN_LENGTH_MAX)
          .refine(isOrigin, 'must be an origin such as https://games.example, without a path'),
      )
      .min(1)
      .max(ORIGINS_MAX)
      .transform((origins) => [...new Set(origins)])
      .optional()
      .meta({
        description:
          'Web origins that may use the key: requests with another `Origin` header are refused. Programs other than ' +
          'browsers can send any origin.',
        example: ['https://games.example'],
      }),
    ratePerMinute: z
      .number()
      .int()
      .min(1)
      .max(RATE_PER_MINUTE_MAX)
      .optional()
      .meta({
        description:
          'Requests a minute that the key may send through one Cloudflare location. If absent, the setting ' +
          '`KEY_REQUESTS_PER_MINUTE` applies.',
        example: 600,
      }),
  })
  .meta({ id: 'KeyInput' });

export const Key = z
  .object({
    keyId: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: z.iso.datetime(),
    createdBy: z.string().meta({ description: 'Id of the key that created it.' }),
    expiresAt: z.iso.datetime().nullable(),
    origins: z.array(z.string()).nullable().meta({ description: 'Null if every origin may use the key.' }),
    ratePerMinute: z.number().int().nullable().meta({ description: 'Null if the setting for all keys applies.' }),
  })
  .meta({ id: 'Key' });
export type Key = z.infer<typeof Key>;

/** The only answer that shows the key. */
export const NewKey = Key.extend({
  key: z.string().meta({ description: 'Send it as `Authorization: Bearer`. It is not shown again.' }),
}).meta({ id: 'NewKey' });
export type NewKey = z.infer<typeof NewKey>;
