// The endpoints of webhook subscriptions. Only the answer that creates a subscription shows its secret.

import { z } from '@hono/zod-openapi';
import { Id } from '../../models/contracts/id.ts';
import {
  explainRefusedAddress,
  LOOPBACK,
  NewSubscription,
  SUBSCRIPTION_BODY_BYTES_MAX,
  SUBSCRIPTIONS_MAX,
  Subscription,
  SubscriptionInput,
} from '../../models/contracts/subscription.ts';
import * as storage from '../storage/subscriptions.ts';
import { type App, type AppContext, defineEndpoint, type Endpoint, registerEndpoints } from './endpoint.ts';
import { invalidInput, ProblemError } from './problems.ts';
import { publishChange } from './publish-change.ts';

const SubscriptionParams = z.object({
  subscriptionId: Id.meta({ param: { name: 'subscriptionId', in: 'path' } }),
});
const ListAnswer = z.object({ subscriptions: z.array(Subscription).meta({ description: 'Oldest first.' }) });

export interface SubscriptionStore {
  /** Allows webhooks to this machine; true only on the developer's own. */
  allowsLoopback: boolean;
  /** Oldest first. */
  listSubscriptions(): Promise<Subscription[]>;
  /** False if there are SUBSCRIPTIONS_MAX already. */
  insertSubscription(subscription: Subscription, secret: string): Promise<boolean>;
  /** False if no subscription has the id. */
  deleteSubscription(subscriptionId: string): Promise<boolean>;
}

function openSubscriptionStore(context: AppContext): SubscriptionStore {
  const { env, req } = context;
  return {
    allowsLoopback: LOOPBACK.has(new URL(req.url).hostname),
    listSubscriptions: () => storage.listSubscriptions(env.DB),
    insertSubscription: async (subscription, secret) => {
      const isStored = await storage.insertSubscription(env.DB, subscription, secret, SUBSCRIPTIONS_MAX);
      if (isStored) await publishChange(context);
      return isStored;
    },
    deleteSubscription: async (subscriptionId) => {
      const isDeleted = await storage.deleteSubscription(env.DB, subscriptionId);
      if (isDeleted) await publishChange(context);
      return isDeleted;
    },
  };
}

export const getSubscriptions = async (
  _: object,
  store: Pick<SubscriptionStore, 'listSubscriptions'>,
): Promise<z.output<typeof ListAnswer>> => ({ subscriptions: await store.listSubscriptions() });

export async function postSubscription(
  { body: { url, events } }: { body: z.output<typeof SubscriptionInput> },
  store: Pick<SubscriptionStore, 'allowsLoopback' | 'insertSubscription'>,
): Promise<z.output<typeof NewSubscription>> {
  const refusal = explainRefusedAddress(url, store.allowsLoopback);
  if (refusal !== undefined) throw invalidInput([{ path: ['url'], message: refusal }]);
  const subscription: Subscription = {
    subscriptionId: crypto.randomUUID(),
    url: new URL(url).href,
    events,
    createdAt: new Date().toISOString(),
    lastDelivery: null,
  };
  const secret = storage.makeSecret();
  if (!(await store.insertSubscription(subscription, secret)))
    throw new ProblemError('conflict', `There are already ${SUBSCRIPTIONS_MAX} subscriptions; delete one first.`);
  return { ...subscription, secret };
}

export async function deleteSubscription(
  { params: { subscriptionId } }: { params: z.output<typeof SubscriptionParams> },
  store: Pick<SubscriptionStore, 'deleteSubscription'>,
): Promise<void> {
  if (!(await store.deleteSubscription(subscriptionId)))
    throw new ProblemError('not-found', `No subscription has the id “${subscriptionId}”.`);
}

const tag = 'Subscriptions';

const ENDPOINTS: Endpoint<SubscriptionStore>[] = [
  defineEndpoint({
    method: 'post',
    path: '/v1/subscriptions',
    operationId: 'postSubscription',
    tag,
    summary: 'Subscribe to notifications by webhook',
    description:
      'Each notification is posted as `{ type, timestamp, data }`, signed as in Standard Webhooks, and repeated ' +
      'after 5 s, 20 s and so on, for about half a day, until the answer is 2xx. 410 ends the subscription. The same ' +
      '`webhook-id` may arrive twice.',
    scope: 'admin',
    body: { schema: SubscriptionInput, maxBytes: SUBSCRIPTION_BODY_BYTES_MAX },
    answer: {
      status: 201,
      schema: NewSubscription,
      description: 'The subscription with its secret, which is not shown again.',
      headers: ({ subscriptionId }) => ({
        location: `/v1/subscriptions/${subscriptionId}`,
        'cache-control': 'no-store',
      }),
    },
    problems: [409],
    audit: { readAfter: ({ secret: _, ...subscription }) => subscription },
    handle: postSubscription,
  }),
  defineEndpoint({
    method: 'get',
    path: '/v1/subscriptions',
    operationId: 'getSubscriptions',
    tag,
    summary: 'List the subscriptions and their last deliveries',
    scope: 'admin',
    answer: { schema: ListAnswer, description: 'All subscriptions, without their secrets.' },
    handle: getSubscriptions,
  }),
  defineEndpoint({
    method: 'delete',
    path: '/v1/subscriptions/{subscriptionId}',
    operationId: 'deleteSubscription',
    tag,
    summary: 'End a subscription',
    scope: 'admin',
    params: SubscriptionParams,
    answer: { status: 204, description: 'Nothing more is sent.' },
    problems: [404],
    audit: {
      readBefore: async ({ params }, store: SubscriptionStore) =>
        (await store.listSubscriptions()).find(({ subscriptionId }) => subscriptionId === params.subscriptionId),
    },
    handle: deleteSubscription,
  }),
];

export const routeSubscriptions = (app: App): void => registerEndpoints(app, ENDPOINTS, openSubscriptionStore);
