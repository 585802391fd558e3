// Webhook subscriptions and the notifications that are sent to them, in the form of Standard Webhooks
// (https://www.standardwebhooks.com), whose libraries can verify them.

import { z } from 'zod';
import { SEVERITIES } from './alert.ts';

export const SUBSCRIPTIONS_MAX = 20;
export const SUBSCRIPTION_BODY_BYTES_MAX = 8 * 1024;
const URL_LENGTH_MAX = 2_048;

export const NOTIFICATION_TYPES = [
  'gallery.ready',
  'release.published',
  'job.failed',
  'alert.raised',
  'alert.resolved',
] as const;

/** Names that never lead to the public internet (RFC 6761, RFC 6762, RFC 8375, RFC 9476). */
const PRIVATE_NAMES = /(?:^|\.)(?:localhost|local|internal|intranet|lan|home|corp|home\.arpa|test|invalid|onion|alt)$/;
export const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Explains why a webhook must not go to an address; undefined if it may. Numeric addresses are refused, public ones
 * too: a receiver with a certificate has a name. Names are not resolved here. `loopback`: allow this machine, for
 * development.
 */
export function explainRefusedAddress(address: string, loopback: boolean): string | undefined {
  if (!URL.canParse(address)) return 'must be a URL';
  const url = new URL(address);
  const name = url.hostname.replace(/\.$/, '');
  if (url.username !== '' || url.password !== '') return 'must not contain credentials';
  if (loopback && LOOPBACK.has(name) && /^https?:$/.test(url.protocol)) return undefined;
  if (url.protocol !== 'https:') return 'must begin with https://';
  // A URL spells every form of an IPv4 address in dotted numbers, and IPv6 in brackets.
  if (/^[\d.]+$|^\[/.test(name)) return 'must name a host, not a number';
  if (!name.includes('.') || PRIVATE_NAMES.test(name)) return 'must lead to a public host';
  return undefined;
}

export const SubscriptionInput = z
  .strictObject({
    url: z.string().max(URL_LENGTH_MAX).meta({
      description: 'An https address with a public host name; redirects are not followed.',
      example: 'https://example.com/hook',
    }),
    events: z
      .array(z.enum(NOTIFICATION_TYPES))
      .min(1)
      .max(NOTIFICATION_TYPES.length)
      .transform((events) => [...new Set(events)])
      .meta({ example: ['alert.raised', 'alert.resolved'] }),
  })
  .meta({ id: 'SubscriptionInput' });

export const Subscription = z
  .object({
    subscriptionId: z.string(),
    url: z.string(),
    events: z.array(z.enum(NOTIFICATION_TYPES)),
    createdAt: z.iso.datetime(),
    lastDelivery: z
      .object({
        at: z.iso.datetime(),
        outcome: z.string().meta({ description: 'The status of the response, or what went wrong.' }),
        failures: z.number().int().meta({ description: 'Consecutive failures, this delivery included.' }),
      })
      .nullable(),
  })
  .meta({ id: 'Subscription' });
export type Subscription = z.infer<typeof Subscription>;

/** The only answer that shows the secret. */
export const NewSubscription = Subscription.extend({
  secret: z
    .string()
    .meta({ description: '`whsec_` and the key in base64: HMAC-SHA256 over `id.timestamp.body`. Not shown again.' }),
}).meta({ id: 'NewSubscription' });

/** The body of a webhook. `id` is sent as the header `webhook-id`, the same at each attempt. */
export const Notification = z.discriminatedUnion('type', [
  z.object({
    id: z.string(),
    type: z.literal('gallery.ready'),
    timestamp: z.iso.datetime(),
    data: z.object({
      userId: z.string(),
      recommendationId: z.string(),
      generatedAt: z.iso.datetime(),
      release: z.string().nullable(),
    }),
  }),
  z.object({
    id: z.string(),
    type: z.literal('release.published'),
    timestamp: z.iso.datetime(),
    data: z.object({
      release: z.string(),
      algorithm: z.string(),
      items: z.number().int(),
      createdAt: z.iso.datetime(),
    }),
  }),
  z.object({
    id: z.string(),
    type: z.literal('job.failed'),
    timestamp: z.iso.datetime(),
    data: z.object({ job: z.string(), cron: z.string(), error: z.string(), startedAt: z.iso.datetime() }),
  }),
  z.object({
    id: z.string(),
    type: z.enum(['alert.raised', 'alert.resolved']),
    timestamp: z.iso.datetime(),
    data: z.object({
      alertId: z.number().int(),
      ruleId: z.string(),
      measure: z.string(),
      severity: z.enum(SEVERITIES),
      /** When it was raised. */
      value: z.number(),
      threshold: z.number(),
      raisedAt: z.iso.datetime(),
      resolvedAt: z.iso.datetime().nullable(),
      /** The alert in a sentence. */
      message: z.string(),
    }),
  }),
]);
export type Notification = z.infer<typeof Notification>;

/** A message of the queue `notifications`, for one subscriber: another's failure must not repeat it. */
export const Delivery = z.object({ subscriptionId: z.string(), notification: Notification });
export type Delivery = z.infer<typeof Delivery>;
