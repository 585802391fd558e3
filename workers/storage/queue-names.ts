// Names of the queues. wrangler.toml has the short ones; on an account, whose Workers share all names, a queue is named
// after its Worker.

export const QUEUES = [
  'events',
  'events-dead-letters',
  'slates',
  'slates-dead-letters',
  'galleries',
  'notifications',
  'notifications-dead-letters',
] as const;
export type QueueName = (typeof QUEUES)[number];

/** The name on an account. `queue`: its name in wrangler.toml. */
export const nameQueue = (worker: string, queue: string): string => `${worker}-${queue}`;

/** Returns the name in wrangler.toml. Throws for a queue that this Worker does not consume. */
export function identifyQueue(name: string): QueueName {
  const queue = QUEUES.find((known) => name === known || name.endsWith(`-${known}`));
  if (queue === undefined) throw new Error(`no consumer for the queue “${name}”`);
  return queue;
}
