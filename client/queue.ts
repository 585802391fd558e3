// Sends the player's events in batches, and again after a failure, with the same ids and their own times.

import { BATCH_MAX, cutBatches, stampEvents } from './batches.ts';
import { type LostEvent, openKeptEvents } from './kept-events.ts';
import { Problem } from './problem.ts';
import { openRetryTimer } from './retry-timer.ts';
import type { EventStore, KeptEvent } from './store.ts';
import type { Transport } from './transport.ts';
import type { EventInput, EventResult, NewEvent } from './types.ts';

const BATCH_DELAY_MS = 1_000;
/** For an event no older than this, the time of arrival is accurate enough. */
const FRESH_MS = 5_000;

export interface EventsAnswer {
  results: EventResult[];
}
/** Rejects with a Problem, or if the caller aborts it. */
export type SendEvents<A extends EventsAnswer = EventsAnswer> = (events: EventInput[]) => Promise<A>;

export interface QueueOptions extends Pick<Transport, 'getClockOffset' | 'getKeepaliveRoom' | 'learnClockOffset'> {
  userId: string;
  store: EventStore;
  send: SendEvents;
  onLost?: (lost: LostEvent[]) => void;
  now?: () => number;
}

export interface EventQueue {
  /** Keeps the event and sends it within a second. Returns its id. */
  add(event: NewEvent): string;
  /** Sends these events at once with the given request, together with those that wait. */
  addAndSend<A extends EventsAnswer>(events: readonly NewEvent[], send: SendEvents<A>): Promise<A>;
  /** Sends the events that wait. Rejects with the Problem that keeps some from being sent. */
  flush(): Promise<void>;
  /** Sends as much as a closing page may, without waiting for a request in flight. */
  sendLast(): void;
  /** Call it when the network is back. */
  resume(): void;
  /** Sends nothing by itself any more. */
  stop(): void;
}

export function openQueue(options: QueueOptions): EventQueue {
  const { send, onLost = () => {}, now = Date.now } = options;
  const kept = openKeptEvents(options.userId, options.store, onLost, now);
  const underWay = new Set<string>();
  const timer = openRetryTimer(() => void flush().catch(() => {}));
  let flushing: Promise<void> | undefined;

  const listIdle = () => kept.list().filter(({ event }) => !underWay.has(event.id));
  const isOld = ({ createdAt }: KeptEvent) => now() - createdAt > FRESH_MS;
  /** Leaves out old events while the server's clock is unknown: they would get the time of their arrival. */
  const listTimely = () => listIdle().filter((one) => options.getClockOffset() !== undefined || !isOld(one));
  const hold = (batch: readonly KeptEvent[]) => {
    for (const { event } of batch) underWay.add(event.id);
  };
  const release = (batch: readonly KeptEvent[]) => {
    for (const { event } of batch) underWay.delete(event.id);
  };
  const remove = (batch: readonly KeptEvent[], reasonOf: (id: string) => string | undefined) => {
    kept.remove(batch.map(({ event }) => event.id));
    const lost = batch.flatMap(({ event }) => {
      const reason = reasonOf(event.id);
      return reason === undefined ? [] : { event, reason };
    });
    if (lost.length > 0) onLost(lost);
  };
  const deliver = async <A extends EventsAnswer>(batch: readonly KeptEvent[], request: SendEvents<A>): Promise<A> => {
    hold(batch);
    try {
      const answer = await request(stampEvents(batch, now(), options.getClockOffset()));
      timer.succeed();
      remove(batch, explainRejections(answer));
      return answer;
    } catch (error) {
      if (willPass(error)) timer.fail((error as Partial<Problem>).retryAfterMs);
      else remove(batch, () => (error as Problem).message);
      throw error;
    } finally {
      release(batch);
    }
  };
  /** Rejects unless it is certain what has become of the batch. */
  const settle = async (batch: readonly KeptEvent[]): Promise<void> => {
    await deliver(batch, send).catch((error) => {
      if (willPass(error)) throw error;
    });
  };
  const sendAll = async (): Promise<void> => {
    await kept.ready;
    for (;;) {
      if (listIdle().some(isOld)) await options.learnClockOffset();
      const [batch] = cutBatches(listIdle());
      if (batch === undefined) return;
      await settle(batch);
    }
  };
  const flush = (): Promise<void> => {
    timer.cancel();
    flushing ??= sendAll().finally(() => {
      flushing = undefined;
    });
    return flushing;
  };
  const sendInBackground = (batch: readonly KeptEvent[]) => void deliver(batch, send).catch(() => {});
  kept.loaded.then((count) => count > 0 && timer.schedule(0));

  return {
    add(input) {
      const id = kept.add(input);
      timer.schedule(listIdle().length >= BATCH_MAX ? 0 : BATCH_DELAY_MS);
      return id;
    },
    async addAndSend(inputs, request) {
      for (const input of inputs) kept.add(input);
      const events = listTimely();
      const batches = cutBatches(events);
      const last = batches.pop() ?? [];
      // No other request takes them meanwhile.
      hold(events);
      try {
        for (const batch of batches) await settle(batch);
        return await deliver(last, request);
      } finally {
        release(events);
      }
    },
    flush,
    sendLast: () => cutBatches(listTimely(), options.getKeepaliveRoom()).slice(0, 1).forEach(sendInBackground),
    resume: () => timer.hurry(),
    stop: () => timer.stop(),
  };
}

const explainRejections = ({ results }: EventsAnswer) => {
  const rejected = results.filter(({ status }) => status === 'rejected');
  const reasons = new Map(rejected.map(({ id, reason = 'rejected' }) => [id, reason]));
  return (id: string) => reasons.get(id);
};

/** Statuses that concern the batch itself. All others concern the way to the server, or the token. */
const REJECTIONS = [400, 413, 415, 422];
const willPass = (error: unknown): boolean => !(error instanceof Problem && REJECTIONS.includes(error.status));
