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
/** If all slots are taken, it does so after this wait, which is longer than a whole body takes in an overload. */
const ARRIVAL_MIN_MS = 100;
/** Slow bodies at once; a further one cuts the oldest. Decision 27 gives the memory that they may take. */
export const SLOW_BODIES_MAX = 32;

export interface Slot {
  leave(): void;
}

/** The slot of a request whose body has yet to arrive. */
export interface BodySlot extends Slot {
  /** True once the body must be cut. Poll it: the runtime lets no request wake another. */
  isCut(): boolean;
  /** From now on, the request only waits for its body: a new request may take over its slot. */
  markBodyAwaited(now: number): void;
  /** From now on, the slot counts until it is left, even if it was given back. */
  markBodyArrived(now: number): void;
}

interface SlotState {
  /** Time until which the slot counts, epoch milliseconds. */
  until: number;
  /** Time from which the request only waits for its body, epoch milliseconds. */
  awaitedSince?: number;
  /** Cuts the body; set while it has yet to arrive. */
  cut?: () => void;
}

export class Admission {
  readonly #max: number;
  readonly #slots = new Map<Slot, SlotState>();
  readonly #slowMax: number;
  /** Functions that cut slow bodies, by the slots that these gave back, oldest first. */
  readonly #slow = new Map<Slot, () => void>();

  constructor(max: number, slowMax = 0) {
    this.#max = max;
    this.#slowMax = slowMax;
  }

  /** Takes a slot; undefined if all are taken. `now`: epoch milliseconds. */
  enter(now: number): Slot | undefined {
    const slot = { leave: () => this.#leave(slot) };
    return this.#take(slot, now, { until: now + SLOT_MAX_MS });
  }

  /** As `enter`, for a request whose body has yet to arrive. */
  enterBeforeBody(now: number): BodySlot | undefined {
    let isCut = false;
    const cut = () => {
      isCut = true;
    };
    const slot: BodySlot = {
      isCut: () => isCut,
      markBodyAwaited: (awaitedSince) => {
        const state = this.#slots.get(slot);
        if (state !== undefined) state.awaitedSince = awaitedSince;
      },
      markBodyArrived: (later) => {
        this.#slow.delete(slot);
        this.#slots.set(slot, { until: later + SLOT_MAX_MS });
      },
      leave: () => this.#leave(slot),
    };
    return this.#take(slot, now, { until: now + ARRIVAL_MAX_MS, cut });
  }

  #take<S extends Slot>(slot: S, now: number, state: SlotState): S | undefined {
    this.#giveBack(now);
    if (this.#slots.size >= this.#max) return undefined;
    this.#slots.set(slot, state);
    return slot;
  }

  #leave(slot: Slot): void {
    this.#slow.delete(slot);
    this.#slots.delete(slot);
  }

  /**
   * Ends the slots that have counted for long enough and, if all are still taken, the oldest that wait for a body. If
   * there are too many slow bodies, cuts the oldest.
   */
  #giveBack(now: number): void {
    for (const [slot, { until, cut }] of this.#slots) if (until <= now) this.#end(slot, cut);
    for (const [slot, { awaitedSince = now, cut }] of this.#slots) {
      if (this.#slots.size < this.#max) break;
      if (awaitedSince + ARRIVAL_MIN_MS <= now) this.#end(slot, cut);
    }
    for (const [slot, cut] of this.#slow) {
      if (this.#slow.size <= this.#slowMax) return;
      this.#slow.delete(slot);
      cut();
    }
  }

  #end(slot: Slot, cut: (() => void) | undefined): void {
    this.#slots.delete(slot);
    if (cut !== undefined) this.#slow.set(slot, cut);
  }
}

/** The slots of this isolate. */
export const answers = new Admission(ANSWERS_MAX);
export const ingests = new Admission(INGESTS_MAX, SLOW_BODIES_MAX);
