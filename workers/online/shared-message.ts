// Collects what requests of the isolate send to a queue: parts of half a second share a message, which costs as much as
// one with a single part. It does not know what the parts are.

const COLLECT_MS = 500;

interface WaitingPart<Part> {
  part: Part;
  /** Its size as JSON. */
  bytes: number;
}

export class SharedMessage<Part, Sender> {
  readonly #partsMax: number;
  readonly #bytesMax: number;
  readonly #send: (parts: Part[], sender: Sender) => Promise<void>;
  #waiting: WaitingPart<Part>[] = [];

  /** `bytesMax`: of the parts as JSON; a larger part has a message of its own. `send`: one of the requests calls it. */
  constructor(partsMax: number, bytesMax: number, send: (parts: Part[], sender: Sender) => Promise<void>) {
    this.#partsMax = partsMax;
    this.#bytesMax = bytesMax;
    this.#send = send;
  }

  /**
   * Resolves once the part has been sent, or another request is sending it; rejects if this request sends and that
   * fails. Each request waits by a timer of its own, since timers end with their request: the first to wake sends for
   * all, and what waits for a request that was cancelled leaves with the next. `sender`: what this request sends with.
   */
  async add(part: Part, sender: Sender): Promise<void> {
    const own = { part, bytes: Buffer.byteLength(JSON.stringify(part)) };
    const sendingOthers = this.#hasRoomFor(own) ? undefined : this.#sendWaiting(sender);
    this.#waiting.push(own);
    await scheduler.wait(COLLECT_MS);
    const sendingOwn = this.#waiting.includes(own) ? this.#sendWaiting(sender) : undefined;
    await Promise.all([sendingOthers, sendingOwn]);
  }

  #hasRoomFor({ bytes }: WaitingPart<Part>): boolean {
    const sum = this.#waiting.reduce((total, other) => total + other.bytes, bytes);
    return this.#waiting.length < this.#partsMax && sum <= this.#bytesMax;
  }

  #sendWaiting(sender: Sender): Promise<void> {
    const parts = this.#waiting.map(({ part }) => part);
    this.#waiting = [];
    return this.#send(parts, sender);
  }
}
