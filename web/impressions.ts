// Reports which games came into view, once per answer: otherwise "not wanted" and "not seen" look the same.

import type { EventInput } from '../models/contracts/event.ts';
import type { Gallery } from '../models/contracts/gallery.ts';
import { listPositions } from './gallery-positions.ts';

const BATCH_MAX = 100;
const FLUSH_AFTER_MS = 800;
const VISIBLE_SHARE = 0.5;

/** Watches the cards of the current answer and sends impressions in batches. Returns `stop`, which sends the rest. */
export function watchImpressions(gallery: Gallery, userId: string, send: (events: EventInput[]) => void): () => void {
  const { recommendationId } = gallery;
  const positions = listPositions(gallery);
  const waiting: EventInput[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    while (waiting.length > 0) send(waiting.splice(0, BATCH_MAX));
  };
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const itemId = (target as HTMLElement).dataset.item!;
        const position = positions.get(itemId);
        if (!positions.delete(itemId)) continue;
        waiting.push({ id: crypto.randomUUID(), userId, type: 'impression', itemId, recommendationId, position });
      }
      if (waiting.length > 0) timer ??= setTimeout(flush, FLUSH_AFTER_MS);
    },
    { threshold: VISIBLE_SHARE },
  );
  for (const card of document.querySelectorAll('.gallery [data-item]')) observer.observe(card);
  addEventListener('pagehide', flush);
  return () => {
    observer.disconnect();
    removeEventListener('pagehide', flush);
    flush();
  };
}
