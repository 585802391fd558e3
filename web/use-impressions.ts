// Reports the games of the shown gallery that come into view.

import { useEffect } from 'preact/hooks';
import type { EventInput } from '../models/contracts/event.ts';
import type { Gallery } from '../models/contracts/gallery.ts';
import type { Api } from './api.ts';
import { watchImpressions } from './impressions.ts';
import type { Timed } from './timed.ts';

export function useImpressions(api: Api, userId: string, answer: Timed<Gallery> | null): void {
  useEffect(() => {
    // Nobody waits for an impression, and a lost one does not justify a message.
    const send = (events: EventInput[]) => void api.sendEvents(events).catch(() => {});
    if (answer) return watchImpressions(answer.body, userId, send);
  }, [answer]);
}
