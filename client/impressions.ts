// Reports which games came into view, once per answer: otherwise "not wanted" and "not seen" look the same.

import type { Answer, NewEvent, RecommendedItem } from './types.ts';

const VISIBLE_SHARE = 0.5;

export type ShownAnswer = Pick<Answer, 'recommendationId'> & {
  /** Present in a gallery. */
  rows?: readonly { items: readonly Pick<RecommendedItem, 'itemId'>[] }[];
  /** Present in a list. */
  items?: readonly Pick<RecommendedItem, 'itemId'>[];
};

/** The position of each game, counted over all rows from 0, as events name them. */
export const listPositions = ({ rows = [], items = [] }: ShownAnswer): Map<string, number> =>
  new Map([...rows.flatMap((row) => row.items), ...items].map(({ itemId }, position) => [itemId, position]));

export interface ImpressionWatch {
  /** Elements with an item's id in `data-item`. */
  observe(cards: Iterable<Element>): void;
  stop(): void;
}

/** `offset`: the offset of the answer's page. */
export function watchImpressions(answer: ShownAnswer, report: (event: NewEvent) => void, offset = 0): ImpressionWatch {
  const positions = listPositions(answer);
  const { recommendationId } = answer;
  const observer = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        if (!isIntersecting) continue;
        observer.unobserve(target);
        const itemId = (target as HTMLElement).dataset.item!;
        const position = positions.get(itemId);
        if (position === undefined) continue;
        positions.delete(itemId);
        report({ type: 'impression', itemId, recommendationId, position: position + offset });
      }
    },
    { threshold: VISIBLE_SHARE },
  );
  return {
    observe(cards) {
      for (const card of cards) observer.observe(card);
    },
    stop: () => observer.disconnect(),
  };
}

/** Watches the elements inside the element, including those added later. Returns `stop`. */
export function watchElement(element: Element, { observe, stop }: ImpressionWatch): () => void {
  const observeAll = () => observe(element.querySelectorAll('[data-item]'));
  observeAll();
  const additions = new MutationObserver(observeAll);
  additions.observe(element, { childList: true, subtree: true });
  return () => {
    additions.disconnect();
    stop();
  };
}
