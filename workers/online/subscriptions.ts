// Subscriptions by API: who is told by webhook of what happens. A subscription's secret is in the answer that creates it, and
// nowhere else.

import { createRoute, type OpenAPIHono, z } from '@hono/zod-openapi';
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
import { isolate } from '../serving/isolate.ts';
import { deleteSubscription, insertSubscription, listSubscriptions, makeSecret } from '../storage/subscriptions.ts';
import { requireScope } from './auth.ts';
import { ProblemError } from './problems.ts';
import { invalidInput, json, jsonBody, parseBody, problems, readJson, scoped } from './routing.ts';

const Subscriptions = z.object({ subscriptions: z.array(Subscription).meta({ description: 'The oldest first.' }) });
const SubscriptionParams = z.object({
  subscriptionId: Id.meta({ param: { name: 'subscriptionId', in: 'path' } }),
});

const tags = ['Subscriptions'];

export function routeSubscriptions(app: OpenAPIHono<{ Bindings: Env }>): void {
  const create = createRoute({
    method: 'post',
    path: '/v1/subscriptions',
    tags,
    summary: 'Subscribe to what happens, by webhook',
    description:
      'Each notification is posted as `{ type, timestamp, data }`, signed as Standard Webhooks has it, until the answer is 2xx: again after 5 s, 20 s and so on, for about half a day. 410 ends the subscription. The same `webhook-id` may come twice.',
    ...scoped('admin'),
    request: { body: jsonBody(SubscriptionInput) },
    responses: {
      201: json(NewSubscription, 'With its secret, which is not shown again.'),
      ...problems(400, 409, 413, 415),
    },
  });

  app.openAPIRegistry.registerPath(create);
  app.post(create.path, requireScope('admin'), async (c) => {
    const { url, events } = parseBody(SubscriptionInput, await readJson(c.req.raw, SUBSCRIPTION_BODY_BYTES_MAX));
    // On the developer's own machine a receiver may be there too.
    const objection = explainRefusedAddress(url, LOOPBACK.has(new URL(c.req.url).hostname));
    if (objection !== undefined) throw invalidInput([{ path: ['url'], message: objection }]);
    const subscription: Subscription = {
      subscriptionId: crypto.randomUUID(),
      url: new URL(url).href,
      events,
      createdAt: new Date().toISOString(),
      lastDelivery: null,
    };
    const secret = makeSecret();
    if (!(await insertSubscription(c.env.DB, subscription, secret, SUBSCRIPTIONS_MAX)))
      throw new ProblemError('conflict', `There are ${SUBSCRIPTIONS_MAX} subscriptions already: delete some first.`);
    await isolate.revalidateSubscriptions(c.env);
    const location = `/v1/subscriptions/${subscription.subscriptionId}`;
    return c.json({ ...subscription, secret }, 201, { location, 'cache-control': 'no-store' });
  });

  app.openapi(
    createRoute({
      method: 'get',
      path: '/v1/subscriptions',
      tags,
      summary: 'List the subscriptions, and how their last delivery went',
      ...scoped('admin'),
      responses: { 200: json(Subscriptions, 'All of them, without their secrets.'), ...problems() },
    }),
    async (c) => c.json({ subscriptions: await listSubscriptions(c.env.DB) }, 200),
  );

  app.openapi(
    createRoute({
      method: 'delete',
      path: '/v1/subscriptions/{subscriptionId}',
      tags,
      summary: 'End a subscription',
      ...scoped('admin'),
      request: { params: SubscriptionParams },
      responses: { 204: { description: 'Nothing more is sent.' }, ...problems(400, 404) },
    }),
    async (c) => {
      const { subscriptionId } = c.req.valid('param');
      if (!(await deleteSubscription(c.env.DB, subscriptionId)))
        throw new ProblemError('not-found', `No subscription has the id “${subscriptionId}”.`);
      await isolate.revalidateSubscriptions(c.env);
      return c.body(null, 204);
    },
  );
}
