// Reports the games of the shown gallery that come into view, in batches.

import { useEffect } from 'preact/hooks';
import { BATCH_MAX } from '../../client/batches.ts';
import { watchImpressions } from '../../client/impressions.ts';
import type { EventInput } from '../../models/contracts/event.ts';
import type { Gallery } from '../../models/contracts/gallery.ts';
import type { Api } from '../player/api.ts';
import type { Timed } from '../player/timed.ts';

const FLUSH_AFTER_MS = 800;

export function useImpressions(api: Api, userId: string, answer: Timed<Gallery> | null): void {
  useEffect(() => {
    if (answer === null) return;
    const waiting: EventInput[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      clearTimeout(timer);
      timer = undefined;
      // No message: nobody waits for an impression, and a lost one does not matter.
      while (waiting.length > 0) api.sendEvents(waiting.splice(0, BATCH_MAX)).catch(() => {});
    };
    const { observe, stop } = watchImpressions(answer.body, (event) => {
      waiting.push({ ...event, id: crypto.randomUUID(), userId });
      timer ??= setTimeout(flush, FLUSH_AFTER_MS);
    });
    observe(document.querySelectorAll('.gallery [data-item]'));
    addEventListener('pagehide', flush);
    return () => {
      stop();
      removeEventListener('pagehide', flush);
      flush();
    };
  }, [answer]);
}
