// The baseline of the serving bench: a bare Hono route that makes one Durable Object call.

import { DurableObject } from 'cloudflare:workers';
import { Hono } from 'hono';

interface Bindings {
  COUNTER: DurableObjectNamespace<Counter>;
}

export class Counter extends DurableObject {
  #calls = 0;

  count(): number {
    return ++this.#calls;
  }
}

const app = new Hono<{ Bindings: Bindings }>();
app.get('/', async (c) => c.json({ calls: await c.env.COUNTER.getByName('one').count() }));

export default app;
