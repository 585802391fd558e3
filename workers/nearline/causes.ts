// Collects the ids of the events and preference changes that the next notice answers, so that a client recognises its
// own. Kept in memory alone: an id that may be missing makes the whole list unknown.

import { NOTICE_CAUSES_MAX } from '../../models/contracts/notice.ts';

export class Causes {
  /** Undefined: unknown. */
  #ids: string[] | undefined;

  /** `isComplete`: nothing happened before this object woke that a notice is still due for. */
  constructor(isComplete: boolean) {
    this.#ids = isComplete ? [] : undefined;
  }

  add(ids: readonly string[]): void {
    const all = this.#ids && [...this.#ids, ...ids];
    this.#ids = all && all.length <= NOTICE_CAUSES_MAX ? all : undefined;
  }

  /** Returns the ids and starts over; empty where they are unknown. */
  take(): string[] {
    const ids = this.#ids ?? [];
    this.#ids = [];
    return ids;
  }

  /** For ids that were taken for a notice that was never sent. */
  markUnknown(): void {
    this.#ids = undefined;
  }
}
