// Bounds what an isolate works on at once. It has one thread: beyond what that can finish in time, more work only makes
// all of it late. A slot that is never left, since the platform drops a request whose client has hung up, counts for a
// limited time only.

/**
 * Answers composed at once. One takes some 5 ms of the thread, so the last of them still ends within the default
 * deadline. Further ones come from a cheaper rung of the ladder.
 */
export const ANSWERS_MAX = 16;
/** Requests with a body worked on at once. Further ones are refused before their body is read. */
export const INGESTS_MAX = 32;
/** Cloudflare ends a request's work 30 seconds after its answer, or after its client has gone. */
const SLOT_MAX_MS = 30_000;
/** A body that takes longer to arrive gives its slot back meanwhile: slow clients must not keep others out. */
const ARRIVAL_MAX_MS = 1_000;

export interface Slot {
  /** Continues to count, or counts again: the body has arrived. */
  begin(now: number): void;
  leave(): void;
}

export class Admission {
  readonly #max: number;
  /** Times until which slots count, epoch milliseconds. */
  readonly #slots = new Map<Slot, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Undefined if all slots are taken. `now`: epoch milliseconds. */
  enter(now: number, forMs = SLOT_MAX_MS): Slot | undefined {
    for (const [slot, until] of this.#slots) if (until <= now) this.#slots.delete(slot);
    if (this.#slots.size >= this.#max) return undefined;
    const slot: Slot = {
      begin: (later) => void this.#slots.set(slot, later + SLOT_MAX_MS),
      leave: () => void this.#slots.delete(slot),
    };
    this.#slots.set(slot, now + forMs);
    return slot;
  }

  /** As `enter`, for a request whose body is still to arrive. */
  enterWithBody(now: number): Slot | undefined {
    return this.enter(now, ARRIVAL_MAX_MS);
  }
}

/** Those of this isolate. */
export const answers = new Admission(ANSWERS_MAX);
export const ingests = new Admission(INGESTS_MAX);
