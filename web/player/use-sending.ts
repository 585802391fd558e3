// Follows events from the request to the server's answer: which are under way, and what the list of sent events says.

import { useRef } from 'preact/hooks';
import { Problem } from '../../client/problem.ts';
import type { EventInput, EventResult } from '../../models/contracts/event.ts';
import { afterPaint } from '../browser/after-paint.ts';
import { type Outcome, type SentEvent, updateLog } from './event-log.ts';
import type { Timed } from './timed.ts';
import { forgetUnsent, isKept, readUnsent, type UnsentEvent } from './unsent.ts';
import { usePlayerState } from './use-player-state.ts';

const SENDING = 'sending …';
const WAITING = 'not sent yet, will be sent again';

interface Answer {
  results: EventResult[];
}

export function useSending(userId: string) {
  const [sent, setSent] = usePlayerState<readonly SentEvent[]>(userId, []);
  const underWay = useRef(new Map<string, UnsentEvent>());

  const log = (events: readonly UnsentEvent[], describe: (id: string) => Outcome) => {
    const own = events.filter(({ event }) => event.userId === userId);
    setSent((now) => updateLog(now, own, describe));
  };

  /** Rejects with a Problem where the events could not be sent, or the server rejects one. */
  const follow = async <A extends Answer>(
    events: readonly UnsentEvent[],
    send: () => Promise<Timed<A>>,
  ): Promise<Timed<A>> => {
    const ids = events.map(({ event }) => event.id);
    for (const one of events) underWay.current!.set(one.event.id, one);
    // Before anything is rendered.
    const sending = send();
    log(events, () => ({ outcome: SENDING }));
    try {
      const answer = await sending;
      const { body, ms } = answer;
      forgetUnsent(ids);
      const results = new Map(body.results.map((result) => [result.id, result]));
      // Not before the gallery of the answer.
      afterPaint(() => log(events, (id) => ({ outcome: results.get(id)!.reason ?? results.get(id)!.status, ms })));
      throwRejection(events, results);
      return answer;
    } catch (error) {
      if (!(error as Problem).isTemporary) forgetUnsent(ids);
      if (!(error instanceof Rejection)) log(events, (id) => describeFailure(id, error as Problem));
      throw error;
    } finally {
      for (const id of ids) underWay.current!.delete(id);
    }
  };

  /** Under way or waiting, oldest first. */
  const listUnsent = (): EventInput[] =>
    [...new Map([...readUnsent(), ...underWay.current!.values()].map((one) => [one.event.id, one])).values()]
      .filter(({ event }) => event.userId === userId)
      .sort((a, b) => a.createdAt - b.createdAt)
      .map(({ event }) => event);

  return { sent, isUnderWay: (id: string) => underWay.current!.has(id), listUnsent, follow };
}

/** The server has the request, and refuses an event of it: to send it again would not help. */
class Rejection extends Problem {}

function throwRejection(events: readonly UnsentEvent[], results: ReadonlyMap<string, EventResult>): void {
  for (const { event, text } of events) {
    const { status, reason } = results.get(event.id)!;
    if (status === 'rejected')
      throw new Rejection({ type: 'rejected', title: `The server rejected “${text}”`, status: 202, detail: reason });
  }
}

const describeFailure = (id: string, { message }: Problem): Outcome => ({
  outcome: isKept(id) ? WAITING : `not sent: ${message}`,
});
