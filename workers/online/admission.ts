// Bounds an isolate's concurrent work. It has one thread: more work than that can finish in time only makes all of it
// late. A slot that is never left, because the platform dropped a request whose client hung up, counts for a limited
// time only.

/**
 * Answers composed at once. One takes some 5 ms of the thread, so the last of them still ends within the default
 * deadline. Further ones come from a cheaper rung of the ladder.
 */
const ANSWERS_MAX = 16;
/** Requests with a body worked on at once. Further ones are refused before their body is read. */
export const INGESTS_MAX = 32;
/** Cloudflare ends a request's work 30 seconds after its answer, or after its client has gone. */
const SLOT_MAX_MS = 30_000;
/** A request whose body takes longer to arrive gives its slot back until then: slow clients must not block others. */
const ARRIVAL_MAX_MS = 1_000;

export interface Slot {
  /** Called once the body has arrived: the slot continues to count, or counts again. */
  begin(now: number): void;
  leave(): void;
}

export class Admission {
  readonly #max: number;
  /** Time until which each slot counts, epoch milliseconds. */
  readonly #slots = new Map<Slot, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Takes a slot; undefined if all are taken. `now`: epoch milliseconds. */
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

  /** As `enter`, for a request whose body has yet to arrive. */
  enterWithBody(now: number): Slot | undefined {
    return this.enter(now, ARRIVAL_MAX_MS);
  }
}

/** The slots of this isolate. */
export const answers = new Admission(ANSWERS_MAX);
export const ingests = new Admission(INGESTS_MAX);
