// Collects the ids of the events and preference changes behind the next notice, so that a client recognises its own.
// Kept in memory only: if an id may be missing, the whole list is unknown.

import { NOTICE_CAUSES_MAX } from '../../models/contracts/notice.ts';

export class Causes {
  /** Undefined: unknown. */
  #ids: string[] | undefined;

  /** `isComplete`: no notice was pending when this object woke. */
  constructor(isComplete: boolean) {
    this.#ids = isComplete ? [] : undefined;
  }

  add(ids: readonly string[]): void {
    const all = this.#ids && [...this.#ids, ...ids];
    this.#ids = all && all.length <= NOTICE_CAUSES_MAX ? all : undefined;
  }

  /** Returns the ids and starts over; empty if they are unknown. */
  take(): string[] {
    const ids = this.#ids ?? [];
    this.#ids = [];
    return ids;
  }

  /** Call if the notice for which ids were taken was not sent. */
  markUnknown(): void {
    this.#ids = undefined;
  }
}
