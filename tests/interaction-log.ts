// Collects interactions from events in any order, for tests. Commands read events in order: interaction-collector.ts.

import { InteractionCollector, TRAINED_TYPES, type TrainingEvent } from '../models/data/interaction-collector.ts';
import type { Interactions } from '../models/data/interactions.ts';

export class InteractionLog {
  readonly #byUser = new Map<string, TrainingEvent[]>();
  #length = 0;

  /** Ignores events that training does not use. */
  add({ userId, itemId, type, value, timestamp }: TrainingEvent): void {
    if (!TRAINED_TYPES.includes(type)) return;
    const event = { userId, itemId, type, value, timestamp };
    const events = this.#byUser.get(userId);
    if (events === undefined) this.#byUser.set(userId, [event]);
    else events.push(event);
    this.#length++;
  }

  /** The interactions so far. Events with the same time keep the order in which they were added. */
  collect(): Interactions {
    const collector = new InteractionCollector(this.#length);
    for (const userId of [...this.#byUser.keys()].sort())
      for (const event of this.#byUser.get(userId)!.toSorted((a, b) => a.timestamp - b.timestamp)) collector.add(event);
    return collector.collect();
  }
}
