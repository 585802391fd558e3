// The clock and the locations of the simulated planet: a clock that jumps to the next event, timers that follow it, and
// a cache per location, which the code finds as `caches.default`.

import { AsyncLocalStorage } from 'node:async_hooks';

interface Event {
  at: number;
  run(): unknown;
}

const START = Date.UTC(2026, 0, 1);

/** Entries as the Cache API keeps them; nothing expires here, since readers check the age. */
export class LocationCache {
  readonly #entries = new Map<string, { body: string | ArrayBuffer; headers: Headers }>();

  async match(url: string): Promise<Response | undefined> {
    const entry = this.#entries.get(url);
    return entry && new Response(entry.body, { headers: entry.headers });
  }

  async put(url: string, response: Response): Promise<void> {
    const { headers } = response;
    this.#entries.set(url, { body: await response.arrayBuffer(), headers });
  }
}

export class Planet {
  /** By time. */
  readonly #events: Event[] = [];
  readonly #location = new AsyncLocalStorage<LocationCache>();
  #now = START;

  /** Milliseconds since the start. */
  get elapsed(): number {
    return this.#now - START;
  }

  /** Runs something later. */
  at(delayMs: number, run: () => unknown): Event {
    const event = { at: this.#now + Math.max(0, delayMs), run: AsyncLocalStorage.bind(run) };
    let [low, high] = [0, this.#events.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#events[middle]!.at <= event.at) low = middle + 1;
      else high = middle;
    }
    this.#events.splice(low, 0, event);
    return event;
  }

  /** Waits for it each time, while the clock stands still. */
  repeat(everyMs: number, run: () => Promise<unknown>): void {
    this.at(everyMs, async () => {
      this.repeat(everyMs, run);
      await run();
    });
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.at(ms, resolve));
  }

  /** Runs code at a location. */
  within<T>(cache: LocationCache, run: () => T): T {
    return this.#location.run(cache, run);
  }

  /** Replaces the clock and the timers of this process while `run` does. */
  async run<T>(run: () => Promise<T>): Promise<T> {
    const {
      Date: { now },
      setTimeout,
      clearTimeout,
    } = globalThis;
    const location = this.#location;
    Date.now = () => this.#now;
    Object.assign(globalThis, {
      setTimeout: (act: () => void, ms: number) => this.at(ms, act),
      clearTimeout: (event: Event | undefined) => event && Object.assign(event, { run: () => {} }),
      caches: {
        get default() {
          return location.getStore() ?? new LocationCache();
        },
      },
    });
    try {
      return await run();
    } finally {
      Date.now = now;
      Object.assign(globalThis, { setTimeout, clearTimeout, caches: undefined });
    }
  }

  /** Runs all events of the next milliseconds. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    while (this.#events.length > 0 && this.#events[0]!.at <= end) {
      const { at, run } = this.#events.shift()!;
      this.#now = at;
      await run();
      // What it has begun goes on until it waits for the clock.
      await settle();
    }
    this.#now = end;
  }
}

/** Reading a cached response takes a few turns. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
